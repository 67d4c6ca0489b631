using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data.Drawn;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>
/// A data set that is drawn on the fly, such as <c>procedural:count=16,seed=1000,width=256,height=192,frames=48</c>: nothing has to be
/// downloaded, and the same words give the same clips everywhere. Every option of <see cref="ProceduralOptions"/> can be given by the name that
/// recipes give it, such as <c>max_distractors=0</c>.
/// </summary>
internal static class ProceduralArgument
{
    private const string Kind = "procedural";
    private const int DefaultCount = 8;

    /// <summary>Names of <see cref="ProceduralOptions"/> as recipes have them.</summary>
    private static readonly IReadOnlyList<string> Options = [.. RecordTree.Default.Of(new ProceduralOptions()).Keys.Cast<string>()];

    /// <summary>The data set that a root means; null if it is a folder's name.</summary>
    /// <exception cref="CliException">A setting is unknown, no number, or out of range.</exception>
    public static ProceduralDataset? Open(string root)
    {
        if (Directory.Exists(root) || (root != Kind && !root.StartsWith(Kind + ":", StringComparison.Ordinal))) return null;
        var (count, seed, options) = (DefaultCount, 0L, new Dictionary<string, object?>());
        foreach (var setting in root[Kind.Length..].TrimStart(':').Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = setting.Split('=');
            if (parts.Length != 2 || Number(parts[1]) is not { } value)
            {
                throw new CliException($"'{setting}' in {root} is no setting; write it as in {Kind}:count=16,seed=1,width=256,height=192,frames=48");
            }

            switch (parts[0], value)
            {
                case ("count", long and > 0 and <= int.MaxValue): count = (int)(long)value; break;
                case ("count", _): throw new CliException($"count={parts[1]} in {root}: at least 1 is needed");
                case ("seed", long): seed = (long)value; break;
                default: options[Name(parts[0], root)] = value; break;
            }
        }

        try
        {
            return new ProceduralDataset(count, seed, RecordTree.Default.Overlay(root, new PlainDictionary(options), new ProceduralOptions()));
        }
        catch (Exception e) when (e is ConfigurationException or ArgumentOutOfRangeException)
        {
            throw new CliException(e.Message, e);
        }
    }

    private static object? Number(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) ? fraction : null;
    }

    private static string Name(string key, string root)
    {
        if (key == "frames") return "frame_count";
        if (Options.Contains(key)) return key;
        throw new CliException($"'{key}' in {root} is unknown; there are count, seed, width, height and frames, and of recipes' options {string.Join(", ", Options.Where(name => name.Contains('_')))}");
    }
}
