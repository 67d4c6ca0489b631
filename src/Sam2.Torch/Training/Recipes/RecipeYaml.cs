using System.Text;
using Sam2.Torch.Checkpoints;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Recipes as YAML files.</summary>
public static class RecipeYaml
{
    private const string Remedy = "Settings have the form key: value, such as steps: 1000";

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Settings that replace the file's, as <c>key.of.the.setting=value</c>.</param>
    /// <exception cref="CheckpointException">The file can't be read, or a setting is unknown or of another type; the message suggests what was meant.</exception>
    public static Recipe Read(string path, IReadOnlyCollection<string>? overrides = null)
    {
        var recipe = SettingsTree.Overlay(path, ConfigYaml.ReadTree(path, Remedy), new Recipe());
        // Entries of lists are counted in what the file and the defaults give together.
        return overrides is { Count: > 0 } ? SettingsTree.Overlay(RecipeOverrides.Origin, RecipeOverrides.Apply(SettingsTree.Of(recipe), overrides), new Recipe()) : recipe;
    }

    /// <summary>The text of a recipe with every setting, also those that have their defaults.</summary>
    public static string Format(Recipe recipe)
    {
        var text = new StringBuilder();
        Block(text, SettingsTree.Of(recipe), indent: 0);
        return text.ToString();
    }

    /// <summary>Parses what <see cref="Format(Recipe)"/> wrote.</summary>
    internal static PlainDictionary Parse(string file, string text) => ConfigYaml.Parse(file, text, Remedy);

    /// <summary>A value on one line.</summary>
    internal static string Flow(object? value) => value switch
    {
        PlainDictionary tree => $"{{{string.Join(", ", tree.Select(entry => $"{entry.Key}: {Flow(entry.Value)}"))}}}",
        PlainList list => $"[{string.Join(", ", list.Select(Flow))}]",
        string text when NeedsQuotes(text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        _ => ConfigTree.Text(value),
    };

    private static void Block(StringBuilder text, PlainDictionary tree, int indent)
    {
        foreach (var (key, value) in tree)
        {
            text.Append(' ', indent).Append(key).Append(':');
            if (value is PlainDictionary { Count: > 0 } nested)
            {
                text.Append('\n');
                Block(text, nested, indent + 2);
            }
            else if (value is PlainList list && list.Any(item => item is PlainDictionary))
            {
                text.Append('\n');
                foreach (var item in list)
                    text.Append(' ', indent + 2).Append("- ").Append(Flow(item)).Append('\n');
            }
            else
            {
                text.Append(' ').Append(Flow(value)).Append('\n');
            }
        }
    }

    /// <summary>Whether plain text would be read as something else.</summary>
    private static bool NeedsQuotes(string text) =>
        text.Length == 0 || text is "null" or "true" or "false" or "~" || !char.IsLetter(text[0]) && text[0] is not ('/' or '.' or '_') || text[0] == '.' && text.Length > 1 && char.IsDigit(text[1])
        || text.Any(c => c is ':' or '#' or ',' or '[' or ']' or '{' or '}' or '\'' or '"' or '&' or '*' or '!' or '|' or '>' or '%' or '@' or '`' || char.IsControl(c))
        || char.IsWhiteSpace(text[^1]) || text.Equals("True", StringComparison.OrdinalIgnoreCase) || text.Equals("False", StringComparison.OrdinalIgnoreCase) || text.Equals("Null", StringComparison.OrdinalIgnoreCase);
}
