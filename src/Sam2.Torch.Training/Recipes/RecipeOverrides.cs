using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Settings given on the command line, as <c>optimizer.max_gradient_norm=0.5</c>; <c>0</c>, <c>1</c>, … count entries of lists.</summary>
internal static class RecipeOverrides
{
    /// <summary>What errors name as the file.</summary>
    public const string Origin = "--set";

    /// <summary>The tree with the settings in place.</summary>
    /// <exception cref="ConfigurationException">One is not of the form <c>key=value</c>, its value is not YAML, or it counts an entry that isn't there.</exception>
    public static PlainDictionary Apply(PlainDictionary tree, IEnumerable<string> overrides) =>
        overrides.Aggregate(tree, (current, text) =>
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new ConfigurationException($"{Origin} {text}", "is not of the form key=value", "An example: --set steps=1000");
            var value = PlainYaml.Parse($"{Origin} {text}", $"value: {text[(equals + 1)..]}", "An example: --set steps=1000")["value"];
            return Set(text, current, text[..equals].Trim().Split('.'), value);
        });

    /// <summary>The tree with one value in place; settings that it is nested in come into being.</summary>
    internal static PlainDictionary Set(string origin, PlainDictionary tree, ReadOnlySpan<string> path, object? value)
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
            throw new ConfigurationException($"{Origin} {origin}", $"counts entry '{path[0]}' of a list of {list.Count}", $"Give a number from 0 to {list.Count - 1}");
        var inner = path.Length == 1 ? value : Nested(origin, list[index], path[1..], value);
        return new PlainList(list.Select((item, i) => i == index ? inner : item));
    }
}
