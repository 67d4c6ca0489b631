using System.Globalization;
using Sam2.Torch.Datasets;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>
/// A data set that is drawn on the fly, such as <c>procedural:count=16,seed=1000,width=256,height=192,frames=48</c>: nothing has to be
/// downloaded, and the same words give the same clips everywhere.
/// </summary>
internal static class ProceduralArgument
{
    private const string Kind = "procedural";
    private const int DefaultCount = 8;

    /// <summary>The data set that a root means; null if it is a folder's name.</summary>
    /// <exception cref="CliException">A setting is unknown or no number.</exception>
    public static ProceduralDataset? Open(string root)
    {
        if (Directory.Exists(root) || (root != Kind && !root.StartsWith(Kind + ":", StringComparison.Ordinal))) return null;
        var options = new ProceduralOptions();
        var (count, seed) = (DefaultCount, 0L);
        foreach (var setting in root[Kind.Length..].TrimStart(':').Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = setting.Split('=');
            if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            {
                throw new CliException($"'{setting}' in {root} is no setting; write it as in {Kind}:count=16,seed=1,width=256,height=192,frames=48");
            }

            switch (parts[0])
            {
                case "count": count = value; break;
                case "seed": seed = value; break;
                case "width": options = options with { Width = value }; break;
                case "height": options = options with { Height = value }; break;
                case "frames": options = options with { FrameCount = value }; break;
                default: throw new CliException($"'{parts[0]}' in {root} is unknown; there are count, seed, width, height and frames");
            }
        }

        return count > 0 ? new ProceduralDataset(count, seed, options) : throw new CliException($"count={count} in {root}: at least 1 is needed");
    }
}
