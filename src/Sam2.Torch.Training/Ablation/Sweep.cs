using System.Reflection;
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

/// <summary>One combination of choices.</summary>
/// <param name="Name">The choices' names, such as <c>memories 4, GRU memory</c>.</param>
/// <param name="Choices">The choice on each axis, by the axis's name; empty for the recipe as it is.</param>
/// <param name="Settings">What the choices change of the sweep's recipe, as <c>key=value</c>.</param>
/// <param name="Recipes">The recipe for each seed.</param>
internal sealed record SweepVariant(
    string Name, IReadOnlyDictionary<string, SweepChoice> Choices, IReadOnlyList<string> Settings, IReadOnlyDictionary<long, Recipe> Recipes);

/// <summary>All variants of a sweep, with their recipes.</summary>
internal static class SweepPlan
{
    private const string Baseline = "recipe as it is";

    /// <summary>The variants, in the order of the axes.</summary>
    /// <exception cref="ConfigurationException">The sweep contradicts itself, or a setting doesn't exist.</exception>
    public static IReadOnlyList<SweepVariant> Variants(Sweep sweep)
    {
        if (sweep.Seeds.Count == 0 || sweep.Seeds.Any(seed => seed < 0) || sweep.Seeds.Distinct().Count() < sweep.Seeds.Count)
            throw new ConfigurationException("seeds", $"is [{string.Join(", ", sweep.Seeds)}]", "Give different numbers of 0 or more");
        var axes = sweep.Axes.Select(axis => (axis.Name, Choices: Choices(axis))).ToList();
        if (axes.Select(axis => axis.Name).Distinct().Count() < axes.Count)
            throw new ConfigurationException("axes", "has two axes of one name", "Give each its own");
        var combinations = sweep.Combine == SweepCombination.All ? Product(axes) : OneAtATime(axes);
        var variants = combinations.Select(choices => Variant(sweep.Recipe, sweep.Seeds, choices)).ToList();
        if (variants.GroupBy(variant => variant.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ConfigurationException("axes", $"gives '{twice.Key}' twice", "Give every choice its own name");
        return variants;
    }

    private static SweepVariant Variant(Recipe recipe, IReadOnlyList<long> seeds, IReadOnlyList<(string Axis, SweepChoice Choice)> choices)
    {
        var name = choices.Count == 0 ? Baseline : string.Join(", ", choices.Select(c => c.Axis.Length > 0 ? $"{c.Axis} {c.Choice.Name}" : c.Choice.Name));
        var (tree, settings) = (RecipeYaml.Records.Of(recipe), new List<string>());
        foreach (var (axis, choice) in choices)
        {
            tree = RecipeOverrides.SetAll($"axes: {axis}", tree, choice.Set);
            settings.AddRange(choice.Set.Select(setting => Text($"{setting.Key}", setting.Value)));
            if (choice.Change is not { } change)
                continue;
            var changed = RecipeYaml.Records.Of(change(RecipeYaml.Records.Overlay(name, tree, new Recipe())));
            settings.AddRange(RecordTree.Differences(tree, changed).Select(difference => Text(difference.Path, difference.B)));
            tree = changed;
        }
        var result = RecipeYaml.Records.Overlay(name, tree, new Recipe());
        return new SweepVariant(name, choices.ToDictionary(c => c.Axis, c => c.Choice), settings, seeds.ToDictionary(seed => seed, seed => result with { Seed = (ulong)seed }));
    }

    private static string Text(string key, object? value) => $"{key}={PlainYaml.Flow(value)}";

    private static IReadOnlyList<SweepChoice> Choices(SweepAxis axis) => axis switch
    {
        { Key: { } key, Values: { Count: > 0 } values, Choices: null } => [.. values.Select(value => new SweepChoice
        {
            Name = PlainYaml.Flow(value),
            Set = new PlainDictionary { [key] = value },
            At = value switch { long number => number, double number => number, _ => null },
        })],
        { Key: null, Values: null, Choices: { Count: > 0 } choices } => choices,
        _ => throw new ConfigurationException($"axes: {axis.Name}", "has neither key and values, nor choices", "Give key: with values:, or choices: with name: and set:"),
    };

    private static IEnumerable<IReadOnlyList<(string Axis, SweepChoice Choice)>> Product(IReadOnlyList<(string Name, IReadOnlyList<SweepChoice> Choices)> axes)
    {
        IEnumerable<IReadOnlyList<(string, SweepChoice)>> result = [[]];
        foreach (var (name, choices) in axes)
            result = result.SelectMany(head => choices.Select(choice => (IReadOnlyList<(string, SweepChoice)>)[.. head, (name, choice)]));
        return result;
    }

    private static IEnumerable<IReadOnlyList<(string Axis, SweepChoice Choice)>> OneAtATime(IReadOnlyList<(string Name, IReadOnlyList<SweepChoice> Choices)> axes) =>
        axes.SelectMany(axis => axis.Choices.Select(choice => (IReadOnlyList<(string, SweepChoice)>)[(axis.Name, choice)])).Prepend([]);
}

/// <summary>Sweeps as YAML files, such as <c>recipes/ablations.yaml</c>.</summary>
public static class SweepYaml
{
    private static readonly RecordTree Records = new Mapping();

    /// <summary>Reads a sweep and its recipe.</summary>
    /// <param name="path">The file. The path of the recipe in it is relative to it.</param>
    /// <param name="overrides">
    /// Settings of all runs, as <c>key.of.the.setting=value</c>, in place of the recipe's and of those under <c>set</c>. What an axis varies
    /// stays varied.
    /// </param>
    /// <exception cref="ConfigurationException">A file can't be read, or a setting is unknown or of another type; the message suggests what was meant.</exception>
    public static Sweep Read(string path, IReadOnlyCollection<string>? overrides = null)
    {
        var file = Records.Overlay(path, PlainYaml.Read(path, "A sweep has recipe: and axes:"), new SweepFile());
        if (file.Recipe.Length == 0)
            throw new ConfigurationException(path, "names no recipe", "Give one, such as recipe: nano.yaml");
        var recipe = RecipeYaml.Read(Path.Combine(Path.GetDirectoryName(path) ?? "", file.Recipe));
        var tree = RecipeOverrides.SetAll("set", RecipeYaml.Records.Of(recipe), file.Set);
        return new Sweep
        {
            Recipe = RecipeYaml.Records.Overlay(path, RecipeOverrides.Apply(tree, overrides ?? []), new Recipe()),
            Title = file.Title ?? Path.GetFileNameWithoutExtension(path),
            Seeds = file.Seeds,
            Axes = file.Axes,
            Combine = file.Combine,
            Metric = file.Metric,
        };
    }

    /// <summary>What a file says: a <see cref="Sweep"/> with the recipe's path, and settings of all runs in <c>set</c>.</summary>
    private sealed record SweepFile
    {
        public string Recipe { get; init; } = "";

        public string? Title { get; init; }

        public PlainDictionary Set { get; init; } = PlainDictionary.Empty;

        public IReadOnlyList<long> Seeds { get; init; } = new Sweep().Seeds;

        public IReadOnlyList<SweepAxis> Axes { get; init; } = [];

        public SweepCombination Combine { get; init; }

        public string? Metric { get; init; }
    }

    private sealed class Mapping : RecordTree
    {
        protected override bool IsSetting(PropertyInfo property) => base.IsSetting(property) && property.Name != nameof(SweepChoice.Change);
    }
}
