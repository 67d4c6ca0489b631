using System.Text;
using System.Text.Json;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The small JSON files beside checkpoints: the index of shards, <c>config.json</c>, <c>adapter_config.json</c>. As hostile as the
/// checkpoint itself: size and nesting are bounded, and a name that occurs twice is refused.
/// </summary>
internal static class CheckpointJson
{
    /// <summary>An index names every tensor; SAM 2 large has 906 of them, in 100 KB.</summary>
    public const int MaxBytes = 4 << 20;

    private const int MaxDepth = 16;

    /// <summary>Reads a file whose value is an object.</summary>
    /// <exception cref="CheckpointException">It doesn't exist, is too large, or is not such JSON.</exception>
    public static PlainDictionary Read(string path)
    {
        using var source = ByteSource.OpenFile(path);
        if (source.Length > MaxBytes)
            throw source.Bad($"has {source.Length} bytes; at most {MaxBytes} of JSON are read");
        var bytes = new byte[source.Length];
        source.Read(0, bytes);
        try
        {
            return PlainJson.Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), MaxDepth) as PlainDictionary
                ?? throw source.Bad("is JSON, but not an object", CheckpointRemedy.Redownload);
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw new CheckpointException(path, $"is not JSON, or has a name twice or more than {MaxDepth} levels: {e.Message.TrimEnd('.')}", CheckpointRemedy.Redownload, e);
        }
    }

    /// <summary>A whole number of an object; <paramref name="standard"/> where it is missing or null.</summary>
    /// <exception cref="CheckpointException">It is something else, or out of range.</exception>
    public static int Number(string path, PlainDictionary values, string name, int standard, int least = 0, int most = 1 << 20) => values.GetValueOrDefault(name) switch
    {
        null => standard,
        long number when number >= least && number <= most => (int)number,
        var value => throw Wrong(path, name, value, $"a whole number from {least} to {most}"),
    };

    /// <summary>A number of an object; <paramref name="standard"/> where it is missing or null.</summary>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public static double Fraction(string path, PlainDictionary values, string name, double standard) => values.GetValueOrDefault(name) switch
    {
        null => standard,
        long number => number,
        double number when double.IsFinite(number) => number,
        var value => throw Wrong(path, name, value, "a number"),
    };

    /// <summary>A yes or no of an object; <paramref name="standard"/> where it is missing or null.</summary>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public static bool Flag(string path, PlainDictionary values, string name, bool standard) => values.GetValueOrDefault(name) switch
    {
        null => standard,
        bool flag => flag,
        var value => throw Wrong(path, name, value, "true or false"),
    };

    /// <summary>The error of a value that is not what its name promises.</summary>
    public static CheckpointException Wrong(string path, string name, object? value, string expected) =>
        new(path, $"has {name} {Shown(value)} where {expected} is expected", $"Correct {name}");

    private static string Shown(object? value)
    {
        var text = PlainJson.Write(value);
        return text.Length <= 60 ? text : text[..60] + "…";
    }
}
