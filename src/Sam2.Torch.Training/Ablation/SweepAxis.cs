using Sam2.Torch.Configuration;

namespace Sam2.Torch.Training.Ablation;

/// <summary>Something that is varied: either the values of one setting, or named choices of several settings.</summary>
public sealed record SweepAxis
{
    /// <summary>What it is called in the report, such as <c>memories</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>The path of the setting that takes <see cref="Values"/>, such as <c>model.settings.num_maskmem</c>.</summary>
    public string? Key { get; init; }

    /// <summary>The values of <see cref="Key"/>.</summary>
    public PlainList? Values { get; init; }

    /// <summary>Named choices, in place of <see cref="Key"/> and <see cref="Values"/>.</summary>
    public IReadOnlyList<SweepChoice>? Choices { get; init; }

    /// <summary>The place of the recipe as it is on a number axis, for charts of <see cref="SweepCombination.OneAtATime"/>; null if it has none.</summary>
    public double? RecipeAt { get; init; }
}
