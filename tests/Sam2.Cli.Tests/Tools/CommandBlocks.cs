using System.Text.RegularExpressions;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>A fenced block of commands in a document: one that names no language, or bash.</summary>
/// <param name="Document">The document, relative to the repository.</param>
/// <param name="Line">The number of the block's first line.</param>
/// <param name="Text">What a reader would paste into a shell.</param>
public sealed partial record CommandBlock(string Document, int Line, string Text)
{
    /// <summary>The single commands, without comments.</summary>
    public IEnumerable<string> Commands => Text.Split('\n')
        .Select(line => Comment().Replace(line, "").Trim())
        .SelectMany(line => Separator().Split(line))
        .Where(command => command.Length > 0);

    /// <summary>All blocks of a document, in their order.</summary>
    public static IEnumerable<CommandBlock> Read(string document)
    {
        var lines = File.ReadAllLines(RepositoryFiles.At(document));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            var (language, start) = (lines[i][3..].Trim(), i + 1);
            for (i = start; i < lines.Length && lines[i].TrimEnd() != "```"; i++) { }
            if (language is "" or "bash") yield return new CommandBlock(document, start + 1, string.Join('\n', lines[start..i]));
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Document}:{Line}";

    [GeneratedRegex(@"(^|\s)#.*")]
    private static partial Regex Comment();

    // With an even number of quotation marks before and behind it.
    [GeneratedRegex(@"(?<=^[^""]*(""[^""]*""[^""]*)*)\s*(?:;|&&)\s*(?=[^""]*(""[^""]*""[^""]*)*$)", RegexOptions.ExplicitCapture)]
    private static partial Regex Separator();
}
