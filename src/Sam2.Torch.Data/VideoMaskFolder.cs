namespace Sam2.Torch.Data;

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

    /// <summary>Looks into a folder and tells the layouts apart: with nothing but pictures in it, it is DAVIS's.</summary>
    /// <exception cref="DatasetException">It holds no masks, or a mixture.</exception>
    internal static VideoMaskFolder Open(string path)
    {
        var objects = Directory.GetDirectories(path).Select(d => System.IO.Path.GetFileName(d)).Where(d => d[0] != '.').Order(StringComparer.Ordinal).ToList();
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
    public string File(string frame, string? objectName = null) =>
        System.IO.Path.Combine(objectName is null ? Path : System.IO.Path.Combine(Path, objectName), frame + Extension);

    private static List<string> Pictures(string folder) =>
        [.. Directory.GetFiles(folder, "*" + Extension).Select(f => System.IO.Path.GetFileNameWithoutExtension(f)).Where(f => !f.StartsWith('.')).Order(StringComparer.Ordinal)];
}
