using System.Globalization;
using Sam2.Torch.Training.Losses;

namespace Sam2.Torch.Training;

/// <summary>When a run that goes wrong is stopped. A loss or gradients that are not finite always stop it.</summary>
public sealed record DivergenceSettings
{
    /// <summary>Stop when losses are this many times their running mean; null for never.</summary>
    public double? LossFactor { get; init; } = 100;

    /// <summary>Batches to see before losses are compared with their running mean.</summary>
    public int WarmUp { get; init; } = 100;

    /// <summary>
    /// Number of such batches in a row that stops the run, at least 1. A single one says nothing: where the model takes a visible object
    /// for absent, the mask's logits are -1024, so its loss is a thousand times the usual one, though it has no gradient.
    /// </summary>
    public int Patience { get; init; } = 5;
}

/// <summary>Detects losses that are not finite, or that stay far above their running mean.</summary>
internal sealed class DivergenceGuard(DivergenceSettings settings)
{
    private const double Decay = 0.98;
    private int _bad;

    /// <summary>Running mean of the loss.</summary>
    public double Mean { get; private set; }

    /// <summary>Number of losses in the mean.</summary>
    public long Count { get; private set; }

    /// <summary>Continues from a saved state, without any bad batches so far.</summary>
    public void Restore(double mean, long count) => (Mean, Count, _bad) = (mean, count, 0);

    /// <summary>Checks the losses of a batch, before it changes the model.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Check(IReadOnlyDictionary<string, double> losses)
    {
        var total = losses[LossReport.TotalName];
        if (losses.Values.Any(loss => !double.IsFinite(loss)))
            return $"the loss is not finite ({string.Join(", ", losses.Select(loss => string.Create(CultureInfo.InvariantCulture, $"{loss.Key} {loss.Value:0.####}")))})";
        if (settings.LossFactor is { } factor && Count >= settings.WarmUp && total > factor * Mean)
        {
            _bad++;
            return _bad < settings.Patience ? null : string.Create(
                CultureInfo.InvariantCulture, $"the loss is {total:0.####}, more than {factor} times its running mean {Mean:0.####}, for {_bad} batches in a row");
        }
        _bad = 0;
        Mean = Count == 0 ? total : Decay * Mean + (1 - Decay) * total;
        Count++;
        return null;
    }
}
