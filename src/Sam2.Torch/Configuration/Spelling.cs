using System.Text.Json;

namespace Sam2.Torch.Configuration;

/// <summary>How names are spelt in files, and which known name a misspelt one was meant to be.</summary>
public static class Spelling
{
    private const int MaxCompared = 100;

    /// <summary>The name that a property or an enumeration's member has in files: <c>ImageSize</c> is <c>image_size</c>, as in the original.</summary>
    public static string InFiles(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>The known name that differs in the fewest letters.</summary>
    /// <exception cref="InvalidOperationException">No name is known.</exception>
    public static string Closest(string name, IEnumerable<string> known) =>
        known.MinBy(candidate => Distance(name, candidate)) ?? throw new InvalidOperationException("No name is known.");

    /// <summary>Levenshtein distance: fewest insertions, deletions and replacements of one character that turn one text into the other.</summary>
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a[..Math.Min(a.Length, MaxCompared)];
        b = b[..Math.Min(b.Length, MaxCompared)];
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }
}
