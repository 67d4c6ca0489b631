using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Recipes as YAML files.</summary>
public static class RecipeYaml
{
    private const string Remedy = "Settings have the form key: value, such as steps: 1000";

    /// <summary>
    /// The mapping between a recipe's records and plain values. A number alone is a constant schedule, also where a list of schedules belongs.
    /// </summary>
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

    /// <summary>The text of a recipe with every setting, including those left at their defaults.</summary>
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
        protected override object? Shorthand(Type type, object value)
        {
            if (value is not (long or double))
                return null;
            var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
            return type == typeof(ScheduleSettings) ? new ScheduleSettings { Value = number }
                : type == typeof(OptionSettings) ? new OptionSettings { Value = number }
                : type == typeof(IReadOnlyList<OptionSettings>) ? new[] { new OptionSettings { Value = number } }
                : null;
        }
    }
}

/// <summary>Settings that replace a recipe's, as <c>optimizer.max_gradient_norm=0.5</c>; <c>0</c>, <c>1</c>, … count entries of lists.</summary>
internal static class RecipeOverrides
{
    /// <summary>Named in errors in place of a file.</summary>
    public const string Origin = "override";

    /// <summary>The tree with the settings in place.</summary>
    /// <exception cref="ConfigurationException">One is not of the form <c>key=value</c>, its value is not YAML, or a list has no such entry.</exception>
    public static PlainDictionary Apply(PlainDictionary tree, IEnumerable<string> overrides) =>
        overrides.Aggregate(tree, (current, text) =>
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new ConfigurationException($"{Origin} {text}", "is not of the form key=value", "An example: steps=1000");
            var value = PlainYaml.Parse($"{Origin} {text}", $"value: {text[(equals + 1)..]}", "An example: steps=1000")["value"];
            return Set(text, current, text[..equals].Trim().Split('.'), value);
        });

    /// <summary>The tree with settings in place, by their paths.</summary>
    /// <param name="origin">Where the settings come from; named in errors.</param>
    /// <param name="tree">The tree; it stays as it is.</param>
    /// <param name="settings">Values by path, such as <c>data.train.0.clips</c>.</param>
    public static PlainDictionary SetAll(string origin, PlainDictionary tree, PlainDictionary settings) =>
        settings.Aggregate(tree, (current, setting) => Set($"{origin}: {setting.Key}", current, $"{setting.Key}".Split('.'), setting.Value));

    /// <summary>The tree with one value in place; missing settings around it are created.</summary>
    private static PlainDictionary Set(string origin, PlainDictionary tree, ReadOnlySpan<string> path, object? value)
    {
        var key = path[0];
        var inner = path.Length == 1 ? value : Nested(origin, tree.GetValueOrDefault(key), path[1..], value);
        var result = new PlainDictionary(tree);
        result.Set(key, inner);
        return result;
    }

    private static object Nested(string origin, object? node, ReadOnlySpan<string> path, object? value)
    {
        if (node is not PlainList list)
            return Set(origin, node as PlainDictionary ?? PlainDictionary.Empty, path, value);
        if (!int.TryParse(path[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= list.Count)
            throw new ConfigurationException($"{Origin} {origin}", $"names entry '{path[0]}' of a list of {list.Count}", $"Give a number from 0 to {list.Count - 1}");
        var inner = path.Length == 1 ? value : Nested(origin, list[index], path[1..], value);
        return new PlainList(list.Select((item, i) => i == index ? inner : item));
    }
}
