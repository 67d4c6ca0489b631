namespace Sam2.Torch.Training.Ablation;

/// <summary>What one run of a sweep gave.</summary>
/// <param name="Scores">The scores of its last validation; empty if it failed.</param>
/// <param name="Parameters">Number of trained parameters.</param>
/// <param name="Hours">Time spent in training.</param>
/// <param name="Error">Why it failed; null if it didn't.</param>
internal sealed record SweepResult(IReadOnlyList<KeyValuePair<string, double>> Scores, long Parameters, double Hours, string? Error)
{
    /// <summary>A score by name; not a number if there is none.</summary>
    public double this[string metric] => Scores.FirstOrDefault(score => score.Key == metric, new(metric, double.NaN)).Value;
}
