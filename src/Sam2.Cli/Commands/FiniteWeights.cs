using System.Globalization;
using Sam2.Torch.Checkpoints;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>Looks for weights that are NaN or infinite: a model with such weights gives no masks, and loading refuses it.</summary>
internal static class FiniteWeights
{
    /// <summary>Says which weights are not finite.</summary>
    /// <param name="checkpoint">The weights.</param>
    /// <param name="type">The type in which they are looked at; their own when null.</param>
    /// <returns>The first by its name, and how many others; null if all are finite.</returns>
    public static string? Describe(Checkpoint checkpoint, torch.ScalarType? type = null)
    {
        string? first = null;
        var others = 0;
        foreach (var (name, entry) in checkpoint.StateDict)
        {
            using var scope = torch.NewDisposeScope();
            var weight = entry.Load();
            if (!weight.is_floating_point()) continue;
            if (type is { } wanted) weight = weight.to(wanted);
            var count = weight.isfinite().logical_not().sum().item<long>();
            if (count == 0) continue;
            if (first is null) first = string.Create(CultureInfo.InvariantCulture, $"{count} of {weight.numel()} numbers in {name} are NaN or infinite");
            else others++;
        }

        return others == 0 ? first : $"{first}, and so in {others} other tensor{(others == 1 ? "" : "s")}";
    }
}
