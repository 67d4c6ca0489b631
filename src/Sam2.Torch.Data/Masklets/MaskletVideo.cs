using System.Globalization;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Masklets;

/// <summary>A video of SA-V train: frames, and masklets as run lengths. Objects of several files are numbered one after the other.</summary>
/// <param name="name">The video's name.</param>
/// <param name="frames">Its frames.</param>
/// <param name="files">Its masklets, and the name of each object.</param>
internal sealed class MaskletVideo(string name, FrameStore frames, IReadOnlyList<(string Path, MaskletFile File)> files) : IAnnotatedVideo
{
    /// <summary>SA-V's videos have 24 frames per second, every fourth of which is annotated.</summary>
    public const int FramesPerRow = 4;

    private const double FramesPerSecond = 24;

    private readonly List<(int File, int Column)> _objects = [.. files.Index().SelectMany(f => Enumerable.Range(0, f.Item.File.ObjectIds.Count).Select(c => (f.Index, c)))];

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public int FrameCount => frames.Count;

    /// <inheritdoc/>
    public bool ObjectsOverlap => true;

    /// <summary>The last frame that a file annotates.</summary>
    public static int LastFrame(MaskletFile file) => file.Frames is { Count: > 0 } numbers ? numbers.Max() : Math.Max(0, file.RowCount - 1) * Step(file);

    /// <inheritdoc/>
    public string FrameName(int frame) => frames.Name(Checked(frame));

    /// <inheritdoc/>
    public RgbImage ReadFrame(int frame) => frames.Read(Checked(frame));

    /// <summary>Whether every object of every file has a mask, if only an empty one: null says that nothing is known.</summary>
    public bool IsAnnotated(int frame) => Rows(frame) is { } rows && _objects.All(o => files[o.File].File.HasMask(rows[o.File], o.Column));

    /// <inheritdoc/>
    public string ObjectName(int id) => files[_objects[id - 1].File].File.ObjectIds[_objects[id - 1].Column].ToString("000", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public IReadOnlyList<int> VisibleObjects(int frame) => [.. Read(frame, null).Where(o => o.Mask.Area > 0).Select(o => o.Id)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => Read(frame, null).ToDictionary(o => o.Id, o => o.Mask.Decode());

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame, IReadOnlyCollection<int> objects) =>
        Read(frame, objects).ToDictionary(o => o.Id, o => o.Mask.Decode());

    private static int Step(MaskletFile file) => file.RowsPerSecond is { } rate ? Math.Max(1, (int)Math.Round(FramesPerSecond / rate)) : FramesPerRow;

    private List<(int Id, CocoRle Mask)> Read(int frame, IReadOnlyCollection<int>? wanted)
    {
        if (!IsAnnotated(frame))
        {
            return [];
        }

        int[] rows = Rows(frame)!;
        return Annotations.Read<List<(int, CocoRle)>>(() => [.. _objects.Index().Where(o => wanted?.Contains(o.Index + 1) ?? true)
            .Select(o => (o.Index + 1, files[o.Item.File].File.Mask(rows[o.Item.File], o.Item.Column)!))]);
    }

    /// <summary>The row of each file that belongs to a frame; null if one has none.</summary>
    private int[]? Rows(int frame)
    {
        int number = frames.Number(Checked(frame));
        int[] rows = [.. files.Select(f => RowOf(f.File, number))];
        return rows.Contains(-1) ? null : rows;
    }

    private static int RowOf(MaskletFile file, int number)
    {
        if (file.Frames is { } numbers)
        {
            return numbers.Index().Where(n => n.Item == number).Select(n => n.Index).DefaultIfEmpty(-1).First();
        }

        var (row, rest) = Math.DivRem(number, Step(file));
        return rest == 0 && row < file.RowCount ? row : -1;
    }

    private int Checked(int frame) => frame >= 0 && frame < frames.Count
        ? frame
        : throw new ArgumentOutOfRangeException(nameof(frame), frame, $"Video {name} has frames 0 to {frames.Count - 1}.");
}
