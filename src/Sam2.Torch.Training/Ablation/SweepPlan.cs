using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.Ablation;

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
