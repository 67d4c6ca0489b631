using System.Globalization;
using Sam2.Torch.Datasets;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Scoring;

/// <summary>A video as the benchmarks store it: a folder of pictures beside a <see cref="MaskTree"/>.</summary>
public sealed class MaskTreeVideo : IAnnotatedVideo
{
    private static readonly string[] FramePlaces =
        ["JPEGImages_24fps", Path.Combine("JPEGImages", "480p"), Path.Combine("JPEGImages", "Full-Resolution"), "JPEGImages"];

    private readonly VideoMaskFolder _masks;
    private readonly IReadOnlyList<string> _frames;
    private readonly HashSet<string> _annotated;

    private MaskTreeVideo(string name, VideoMaskFolder masks, IReadOnlyList<string> frames)
    {
        Name = name;
        _masks = masks;
        _frames = frames;
        _annotated = [.. masks.IsPerObject ? masks.Objects.SelectMany(o => masks.Frames(o)) : masks.Frames()];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int FrameCount => _frames.Count;

    /// <inheritdoc/>
    public bool ObjectsOverlap => _masks.IsPerObject;

    /// <summary>Opens a data set: a root with frames and masks in their usual places.</summary>
    /// <exception cref="DatasetException">Frames or masks are missing.</exception>
    public static IReadOnlyList<IAnnotatedVideo> OpenAll(string root, IReadOnlyList<string>? videos = null)
    {
        var masks = MaskTree.Open(root);
        var frames = FramePlaces.Select(p => Path.Combine(root, p)).FirstOrDefault(Directory.Exists)
            ?? throw new DatasetException($"{root} has no folder JPEGImages or JPEGImages_24fps with a folder of frames per video.");
        return [.. (videos ?? masks.Videos).Select(name => new MaskTreeVideo(name, masks.Video(name), Pictures(Path.Combine(frames, name))))];
    }

    /// <inheritdoc/>
    public string FrameName(int frame) => Path.GetFileNameWithoutExtension(_frames[Checked(frame)]);

    /// <inheritdoc/>
    public RgbImage ReadFrame(int frame) => ImageFile.Read(_frames[Checked(frame)]);

    /// <inheritdoc/>
    public bool IsAnnotated(int frame) => _annotated.Contains(FrameName(frame));

    /// <inheritdoc/>
    public string ObjectName(int id) => _masks.IsPerObject ? _masks.Objects[id - 1] : id.ToString("000", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame)
    {
        var name = FrameName(frame);
        if (!_annotated.Contains(name))
        {
            return new Dictionary<int, BinaryMask>();
        }

        return _masks.IsPerObject
            ? Enumerable.Range(1, _masks.Objects.Count).Select(id => (id, file: _masks.File(name, ObjectName(id)))).Where(o => File.Exists(o.file))
                .ToDictionary(o => o.id, o => StoredMasks.Read(o.file).Single())
            : StoredMasks.Read(_masks.File(name)).Split();
    }

    private static List<string> Pictures(string folder)
    {
        var files = Directory.Exists(folder)
            ? Directory.GetFiles(folder).Where(f => ImageFile.Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList()
            : [];
        return files.Count > 0 ? files : throw new DatasetException($"There is no picture in {folder}; the video has masks but no frames.");
    }

    private int Checked(int frame) => frame >= 0 && frame < _frames.Count
        ? frame
        : throw new ArgumentOutOfRangeException(nameof(frame), frame, $"Video {Name} has frames 0 to {_frames.Count - 1}.");
}
