using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>
/// A data set that is drawn on the fly, such as <c>procedural:count=16,seed=1000,width=256,height=192,frames=48</c>: nothing has to be
/// downloaded, and the same words give the same clips everywhere. Every option of <see cref="ProceduralOptions"/> can be given by the name that
/// recipes give it, such as <c>max_distractors=0</c>. Several kinds of clips, each with a name, are separated by semicolons.
/// </summary>
internal static class ProceduralArgument
{
    private const string Kind = "procedural";
    private const int DefaultCount = 8;

    /// <summary>Names of <see cref="ProceduralOptions"/> as recipes have them.</summary>
    private static readonly IReadOnlyList<string> Options = [.. RecordTree.Default.Of(new ProceduralOptions()).Keys.Cast<string>()];

    /// <summary>The data set that a root means; null if it is a folder's name.</summary>
    /// <exception cref="CliException">A setting is unknown, no number, or out of range.</exception>
    public static IReadOnlyList<IAnnotatedVideo>? Open(string root)
    {
        if (Directory.Exists(root) || (root != Kind && !root.StartsWith(Kind + ":", StringComparison.Ordinal))) return null;
        var (clips, kind) = (new List<IAnnotatedVideo>(), new ClipKind());
        foreach (var text in root[Kind.Length..].TrimStart(':').Split(';'))
        {
            kind = kind.With(text, root);
            clips.AddRange(kind.Draw(root));
        }

        return clips.DistinctBy(clip => clip.Name).Count() == clips.Count ? clips
            : throw new CliException($"several kinds of clips in {root} have one name; give each another, as in {Kind}:name=slow,speed=0.01;name=fast,speed=0.1");
    }

    /// <summary>Clips of one kind. Another kind begins with the settings of the one before it.</summary>
    private sealed record ClipKind
    {
        private int Count { get; init; } = DefaultCount;

        private long Seed { get; init; }

        private string Name { get; init; } = "";

        private PlainDictionary Settings { get; init; } = PlainDictionary.Empty;

        public ClipKind With(string text, string root)
        {
            var (kind, options) = (this, Settings.ToDictionary(setting => (string)setting.Key, setting => setting.Value));
            foreach (var setting in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var parts = setting.Split('=');
                if (parts is ["name", { Length: > 0 } name] && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                {
                    kind = kind with { Name = name };
                    continue;
                }

                if (parts.Length != 2 || Number(parts[1]) is not { } value)
                {
                    throw new CliException($"'{setting}' in {root} is no setting; write it as in {Kind}:count=16,seed=1,width=256,height=192,frames=48");
                }

                switch (parts[0], value)
                {
                    case ("count", long and > 0 and <= int.MaxValue): kind = kind with { Count = (int)(long)value }; break;
                    case ("count", _): throw new CliException($"count={parts[1]} in {root}: at least 1 is needed");
                    case ("seed", long): kind = kind with { Seed = (long)value }; break;
                    default: options[NameOf(parts[0], root)] = value; break;
                }
            }

            return kind with { Settings = new PlainDictionary(options) };
        }

        public ProceduralDataset Draw(string root)
        {
            try
            {
                return new ProceduralDataset(
                    Count, Seed, RecordTree.Default.Overlay(root, Settings, new ProceduralOptions()), Name.Length == 0 ? "" : Name + "-");
            }
            catch (Exception e) when (e is ConfigurationException or ArgumentOutOfRangeException)
            {
                throw new CliException(e.Message, e);
            }
        }
    }

    private static object? Number(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction) ? fraction : null;
    }

    private static string NameOf(string key, string root)
    {
        if (key == "frames") return "frame_count";
        if (Options.Contains(key)) return key;
        throw new CliException($"'{key}' in {root} is unknown; there are count, seed, name, width, height and frames, and of recipes' options {string.Join(", ", Options.Where(name => name.Contains('_')))}");
    }
}
