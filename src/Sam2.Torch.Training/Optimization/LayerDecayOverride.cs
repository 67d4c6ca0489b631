namespace Sam2.Torch.Training.Optimization;

/// <summary>A factor of the learning rate in place of the one that the layer has.</summary>
public sealed record LayerDecayOverride
{
    /// <summary>Pattern of parameter names, such as <c>*pos_embed*</c>.</summary>
    public string Pattern { get; init; } = "";

    /// <summary>The factor.</summary>
    public double Value { get; init; } = 1;
}
