using Sam2.Torch.Configuration;

namespace Sam2.Torch.Training.Ablation;

/// <summary>One choice on an axis of a sweep.</summary>
public sealed record SweepChoice
{
    /// <summary>What it is called in the report.</summary>
    public string Name { get; init; } = "";

    /// <summary>The settings that it changes, by their paths; empty for the recipe as it is.</summary>
    public PlainDictionary Set { get; init; } = PlainDictionary.Empty;

    /// <summary>Its place on a number axis; null if it has none.</summary>
    public double? At { get; init; }
}
