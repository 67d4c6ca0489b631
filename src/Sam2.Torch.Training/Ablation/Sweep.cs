using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.Ablation;

/// <summary>
/// Runs of one recipe that differ in a few settings, each with the same seeds and, unless an axis changes it, the same number
/// of steps. <see cref="SweepYaml"/> reads one from a file.
/// </summary>
/// <example>
/// <code>
/// var sweep = new Sweep
/// {
///     Recipe = recipe,
///     Axes =
///     [
///         new() { Name = "memories", Key = "model.settings.num_maskmem", Values = [1, 3, 7] },
///         new() { Name = "clicks", Choices = [new() { Name = "few" }, new() { Name = "many", Change = r => r with { Prompting = ManyClicks } }] },
///     ],
/// };
/// </code>
/// </example>
public sealed record Sweep
{
    /// <summary>The recipe that all runs share. Its seed is replaced by <see cref="Seeds"/>; it must have a validation.</summary>
    public Recipe Recipe { get; init; } = new();

    /// <summary>A heading for the report.</summary>
    public string Title { get; init; } = "Ablation";

    /// <summary>Seeds, each 0 or more; every variant is trained with each of them.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3];

    /// <summary>What is varied.</summary>
    public IReadOnlyList<SweepAxis> Axes { get; init; } = [];

    /// <summary>How axes are combined.</summary>
    public SweepCombination Combine { get; init; } = SweepCombination.All;

    /// <summary>The score that variants are compared by; the first one of a validation if null.</summary>
    public string? Metric { get; init; }
}

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

    /// <summary>Where the unchanged recipe stands on a number axis, for charts of <see cref="SweepCombination.OneAtATime"/>; null if nowhere.</summary>
    public double? RecipeAt { get; init; }
}

/// <summary>One choice on an axis of a sweep.</summary>
public sealed record SweepChoice
{
    /// <summary>What it is called in the report.</summary>
    public string Name { get; init; } = "";

    /// <summary>The settings that it changes, by their paths, as in a file; empty for the recipe as it is.</summary>
    public PlainDictionary Set { get; init; } = PlainDictionary.Empty;

    /// <summary>Changes the recipe in C#, after <see cref="Set"/>; null to leave it. Files don't have it.</summary>
    public Func<Recipe, Recipe>? Change { get; init; }

    /// <summary>Where it stands on a number axis; null if nowhere.</summary>
    public double? At { get; init; }
}

/// <summary>How the axes of a sweep are combined.</summary>
public enum SweepCombination
{
    /// <summary>Every choice of an axis with every choice of the others.</summary>
    All,

    /// <summary>The unchanged recipe, and every choice on its own, as in the paper's tables.</summary>
    OneAtATime,
}
