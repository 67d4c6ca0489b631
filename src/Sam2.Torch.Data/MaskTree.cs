namespace Sam2.Torch.Data;

/// <summary>
/// A folder of masks, true or predicted, with a folder per video in one of the two layouts of the benchmarks: DAVIS's, where a
/// palette picture per frame holds all objects (<c>VIDEO/00000.png</c>), or SA-V's with a folder per object
/// (<c>VIDEO/000/00000.png</c>).
/// </summary>
public sealed class MaskTree
{
    /// <summary>Where data sets keep their masks below the folder that users name, the most specific first.</summary>
    private static readonly string[] KnownPlaces =
        ["Annotations_6fps", Path.Combine("Annotations", "480p"), Path.Combine("Annotations", "Full-Resolution"), "Annotations"];

    private MaskTree(string root) => Root = root;

    /// <summary>The folder that holds the videos' folders.</summary>
    public string Root { get; }

    /// <summary>The videos' names, sorted.</summary>
    public IReadOnlyList<string> Videos =>
        [.. Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)).Where(d => d[0] != '.').Order(StringComparer.Ordinal)];

    /// <summary>Opens a folder of masks, or a data set's root that has one in its usual place.</summary>
    /// <exception cref="DatasetException">There is no such folder, or it holds no video.</exception>
    public static MaskTree Open(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Directory.Exists(root))
        {
            throw new DatasetException($"There is no folder {root}; give the folder that has a folder of masks per video.");
        }

        var place = KnownPlaces.Select(p => Path.Combine(root, p)).FirstOrDefault(Directory.Exists) ?? root;
        var tree = new MaskTree(place);
        return tree.Videos.Count > 0
            ? tree
            : throw new DatasetException($"{place} has no folders; give the folder that has a folder of masks per video.");
    }

    /// <summary>The masks of a video.</summary>
    /// <exception cref="DatasetException">It has none.</exception>
    public VideoMaskFolder Video(string name)
    {
        var folder = Path.Combine(Root, name);
        if (!Directory.Exists(folder))
        {
            throw new DatasetException($"There is no folder {folder}; video {name} has no masks.");
        }

        return VideoMaskFolder.Open(folder);
    }
}
