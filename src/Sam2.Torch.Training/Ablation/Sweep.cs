using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.Ablation;

/// <summary>
/// Runs of one recipe that differ in a few settings, each with the same seeds and, unless an axis changes it, the same number
/// of steps.
/// </summary>
public sealed record Sweep
{
    /// <summary>The recipe that all runs share; relative to the sweep's file.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>A heading for the report; the file's name if null.</summary>
    public string? Title { get; init; }

    /// <summary>Settings of all runs, by their paths, such as <c>steps: 2000</c> or <c>data.train.0.clips: 4</c>.</summary>
    public PlainDictionary Set { get; init; } = PlainDictionary.Empty;

    /// <summary>Seeds; every variant is trained with each of them.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3];

    /// <summary>What is varied.</summary>
    public IReadOnlyList<SweepAxis> Axes { get; init; } = [];

    /// <summary>How axes are combined.</summary>
    public SweepCombination Combine { get; init; } = SweepCombination.All;

    /// <summary>The score that variants are compared by; the first one of a validation if null.</summary>
    public string? Metric { get; init; }
}
