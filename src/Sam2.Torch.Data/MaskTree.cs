using Sam2.Torch.Media;

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

/// <summary>The masks of one video in a <see cref="MaskTree"/>.</summary>
public sealed class VideoMaskFolder
{
    private const string Extension = ".png";

    private VideoMaskFolder(string path, IReadOnlyList<string> objects)
    {
        Path = path;
        Objects = objects;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The names of the objects' folders, sorted; empty in DAVIS's layout.</summary>
    public IReadOnlyList<string> Objects { get; }

    /// <summary>Whether every object has a folder of its own.</summary>
    public bool IsPerObject => Objects.Count > 0;

    /// <summary>Looks into a folder and tells the layouts apart: a folder that holds only pictures is in DAVIS's layout.</summary>
    /// <exception cref="DatasetException">It holds no masks, or a mixture of both layouts.</exception>
    internal static VideoMaskFolder Open(string path)
    {
        var objects = Directory.GetDirectories(path).Select(d => System.IO.Path.GetFileName(d)).Where(d => d[0] != '.').Order(NaturalOrder.Comparer).ToList();
        bool hasPictures = Pictures(path).Count > 0;
        if (objects.Count == 0 && !hasPictures)
        {
            throw new DatasetException($"{path} holds neither PNG masks nor a folder per object.");
        }

        return objects.Count == 0 || !hasPictures
            ? new VideoMaskFolder(path, objects)
            : throw new DatasetException($"{path} holds both PNG masks and folders ({objects[0]}); keep one of the two layouts.");
    }

    /// <summary>The names of the annotated frames, sorted, without extension.</summary>
    /// <param name="objectName">The object's folder; null in DAVIS's layout.</param>
    public IReadOnlyList<string> Frames(string? objectName = null) => Pictures(objectName is null ? Path : System.IO.Path.Combine(Path, objectName));

    /// <summary>The file of a frame's mask; it may not exist.</summary>
    public string File(string frame, string? objectName = null)
    {
        string folder = objectName is null ? Path : System.IO.Path.Combine(Path, objectName);
        string usual = System.IO.Path.Combine(folder, frame + Extension);
        return System.IO.File.Exists(usual) || !Directory.Exists(folder) ? usual : Directory.EnumerateFiles(folder, frame + ".*").FirstOrDefault(IsMask) ?? usual;
    }

    private static List<string> Pictures(string folder)
    {
        List<string> names = [.. Directory.EnumerateFiles(folder).Where(IsMask).Select(f => System.IO.Path.GetFileNameWithoutExtension(f)).Where(f => !f.StartsWith('.')).Order(NaturalOrder.Comparer)];
        return names.Index().FirstOrDefault(n => n.Index > 0 && names[n.Index - 1] == n.Item).Item is { } twice
            ? throw new DatasetException($"{folder} has two masks named {twice}, with endings that differ in case only; keep one of them.")
            : names;
    }

    /// <summary>Endings are matched as those of frames are, whatever their case.</summary>
    private static bool IsMask(string file) => file.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
}
