using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sam2.Torch.Data.Annotation;

namespace Sam2.Cli.Commands;

/// <summary>The option <c>--classes</c>: which classes of objects are wanted, by number or by name.</summary>
internal static class ClassChoice
{
    /// <summary>The option; its value has no empty words.</summary>
    public static Option<string[]?> CreateOption() => new("--classes")
    {
        Description = "The classes that are wanted, by number (COCO: category ids) or by name, separated by commas; all if not given.",
        HelpName = "LIST",
        CustomParser = result => Words(result),
    };

    /// <summary>Whether any class is named rather than numbered.</summary>
    public static bool HasNames(IReadOnlyList<string> classes) => classes.Any(word => Number(word) is null);

    /// <summary>The numbers of the classes; null if all are wanted.</summary>
    /// <param name="classes">What the user gave.</param>
    /// <param name="categories">The classes that there are.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="CliException">A name is unknown, or no number is known: every annotation would be an empty one.</exception>
    public static IReadOnlySet<int>? Resolve(IReadOnlyList<string> classes, IReadOnlyList<AnnotationCategory> categories, string source)
    {
        if (classes.Count == 0) return null;
        var wanted = new SortedSet<int>();
        foreach (var word in classes)
        {
            if (Number(word) is { } number) wanted.Add(number);
            else if (Named(word, categories) is { Count: > 0 } named) wanted.UnionWith(named);
            else throw new CliException($"--classes: {source} has no class '{word}'; its classes are {Listed(categories)}");
        }

        return categories.Any(category => wanted.Contains(category.Id))
            ? wanted
            : throw new CliException($"--classes {string.Join(',', wanted)} names none of the classes of {source}, which are {Listed(categories)}");
    }

    private static int? Number(string word) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;

    /// <summary>The classes of a name: as it is written, or else whatever its case.</summary>
    private static List<int> Named(string word, IReadOnlyList<AnnotationCategory> categories)
    {
        List<int> Matching(StringComparison comparison) => [.. categories.Where(c => string.Equals(c.Name.Trim(), word, comparison)).Select(c => c.Id)];
        return Matching(StringComparison.Ordinal) is { Count: > 0 } exact ? exact : Matching(StringComparison.OrdinalIgnoreCase);
    }

    private static string Listed(IReadOnlyList<AnnotationCategory> categories) =>
        $"{string.Join(", ", categories.Take(10).Select(c => $"{c.Id} ({c.Name})"))}{(categories.Count > 10 ? " ..." : "")}";

    private static string[] Words(ArgumentResult result)
    {
        var text = string.Join(",", result.Tokens.Select(token => token.Value));
        string[] words = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) result.AddError($"--classes '{text}': give numbers or names of classes, separated by commas");
        return words;
    }
}
