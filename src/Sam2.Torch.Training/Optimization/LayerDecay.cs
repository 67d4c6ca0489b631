using System.Globalization;

namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// Layer-wise learning-rate decay (BEiT, appendix; training/optimizer.py, <c>layer_decay_param_modifier</c>): of a trunk with n
/// blocks the last learns at <c>decay</c> times the learning rate, the one before at <c>decay²</c>, … the embeddings at
/// <c>decayⁿ⁺¹</c>.
/// </summary>
internal static class LayerDecay
{
    /// <summary>What a parameter's learning rate is multiplied by; 1 outside of the trunk.</summary>
    /// <param name="settings">The decay.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="blocks">Number of blocks of the trunk.</param>
    public static double Scale(LayerDecaySettings settings, string name, int blocks)
    {
        if (!name.StartsWith(settings.ApplyTo, StringComparison.Ordinal))
            return 1;
        if (settings.Overrides.FirstOrDefault(o => GlobPattern.Matches(o.Pattern, name)) is { } special)
            return special.Value;
        return Math.Max(settings.Min ?? 0, Math.Pow(settings.Value, blocks + 1 - Layer(name, blocks)));
    }

    /// <summary>0 for the embeddings, i + 1 for block i, and the number of blocks + 1 for what follows them.</summary>
    internal static int Layer(string name, int blocks)
    {
        if (name.Contains("pos_embed", StringComparison.Ordinal) || name.Contains("patch_embed", StringComparison.Ordinal))
            return 0;
        var parts = name.Split('.');
        var at = Array.IndexOf(parts, "blocks");
        return at >= 0 && at + 1 < parts.Length && int.TryParse(parts[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var block) ? block + 1 : blocks + 1;
    }
}
