using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Recipes as YAML files.</summary>
public static class RecipeYaml
{
    private const string Remedy = "Settings have the form key: value, such as steps: 1000";

    /// <summary>The mapping between a recipe's records and plain values; a number alone is a constant schedule.</summary>
    internal static RecordTree Records { get; } = new Mapping();

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Settings that replace the file's, as <c>key.of.the.setting=value</c>.</param>
    /// <exception cref="ConfigurationException">The file can't be read, or a setting is unknown or of another type; the message suggests what was meant.</exception>
    public static Recipe Read(string path, IReadOnlyCollection<string>? overrides = null)
    {
        var recipe = Records.Overlay(path, PlainYaml.Read(path, Remedy), new Recipe());
        // Entries of lists are counted in what the file and the defaults give together.
        return overrides is { Count: > 0 } ? Records.Overlay(RecipeOverrides.Origin, RecipeOverrides.Apply(Records.Of(recipe), overrides), new Recipe()) : recipe;
    }

    /// <summary>The text of a recipe with every setting, also those that have their defaults.</summary>
    public static string Format(Recipe recipe) => PlainYaml.Format(Records.Of(recipe));

    /// <summary>
    /// Settings in which a recipe that <see cref="Format"/> wrote differs from another: where they stand, then both values as YAML.
    /// </summary>
    /// <param name="file">Where the text comes from; named in errors.</param>
    /// <param name="text">What was written.</param>
    /// <param name="recipe">The other recipe.</param>
    /// <exception cref="ConfigurationException">The text is damaged.</exception>
    internal static IReadOnlyList<(string Path, string Written, string Now)> Differences(string file, string text, Recipe recipe) =>
    [
        // Both are parsed: as text, numbers of different types are equal.
        .. RecordTree.Differences(PlainYaml.Parse(file, text, Remedy), PlainYaml.Parse("recipe", Format(recipe), Remedy))
            .Select(difference => (difference.Path, PlainYaml.Flow(difference.A), PlainYaml.Flow(difference.B))),
    ];

    private sealed class Mapping : RecordTree
    {
        protected override object? Shorthand(Type type, object value) => (type == typeof(ScheduleSettings), value) switch
        {
            (true, long number) => new ScheduleSettings { Value = number },
            (true, double number) => new ScheduleSettings { Value = number },
            _ => null,
        };
    }
}
