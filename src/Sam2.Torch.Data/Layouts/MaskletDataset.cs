using System.Globalization;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Layouts;

/// <summary>
/// SA-V train (sav_dataset/README.md): <c>VIDEO.mp4</c> beside <c>VIDEO_manual.json</c> and <c>VIDEO_auto.json</c>, in one folder or one per
/// part, or, faster to read, the extracted frames in folders of the videos' names.
/// </summary>
internal static class MaskletDataset
{
    private const string Manual = "_manual.json";
    private const string Auto = "_auto.json";

    /// <summary>Whether a folder has masklet files.</summary>
    public static bool IsRoot(string root) => DatasetFiles.Find(root, "*" + Manual).Any() || DatasetFiles.Find(root, "*" + Auto).Any();

    /// <summary>Lists the videos that have the wanted masklets.</summary>
    /// <exception cref="DatasetException">There are none.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options)
    {
        string part = DatasetFiles.PartOf(root, options);
        string annotations = Path.Combine(part, options.Annotations ?? "");
        if (!Directory.Exists(annotations))
        {
            throw new DatasetException($"There is no folder {annotations}, which was given for the annotations; give one that is there, relative to {part}.");
        }

        string[] endings = options.Masklets switch { MaskletKind.Manual => [Manual], MaskletKind.Auto => [Auto], _ => [Manual, Auto] };
        var files = endings.SelectMany(ending => DatasetFiles.Find(annotations, "*" + ending).Select(f => (Name: Path.GetFileName(f)[..^ending.Length], File: f)))
            .GroupBy(f => f.Name).OrderBy(f => f.Key, StringComparer.Ordinal).ToDictionary(f => f.Key, f => f.Select(g => g.File).ToList());
        if (files.Count == 0)
        {
            throw new DatasetException($"{annotations} has no masklets VIDEO{string.Join(" or VIDEO", endings)}; give the folder into which SA-V was unpacked, or ask for the other kind of masklets.");
        }

        var names = NamedVideos.Choose(files.Keys, options, DatasetFiles.ReadSplit(root, options), annotations);
        return new NamedVideos(names, name => OpenVideo(name, files[name], options.Frames is { } frames ? Path.Combine(part, frames) : null, options.Limits));
    }

    private static MaskletVideo OpenVideo(string name, IReadOnlyList<string> paths, string? frameFolder, MediaLimits limits)
    {
        var files = paths.Select(p => (Path: p, File: DatasetFiles.ReadAnnotations(() => MaskletFile.Read(p, new AnnotationLimits { MaxPixels = limits.MaxPixels })))).ToList();
        var (height, width) = (files[0].File.Height, files[0].File.Width);
        if (files.FirstOrDefault(f => (f.File.Height, f.File.Width) != (height, width)) is { Path: { } other })
        {
            throw new DatasetException($"{paths[0]} and {other} have masks of different sizes; download the video's files again.");
        }

        FrameStore frames = Find(name, paths[0], frameFolder) is var place && Directory.Exists(place)
            ? new PictureFrames(place, limits)
            : new VideoFileFrames(place, files[0].File.FrameCount ?? files.Max(f => MaskletVideo.LastFrame(f.File)) + 1, height, width, limits);
        return new MaskletVideo(name, frames, files);
    }

    /// <summary>The video file or the folder of extracted frames.</summary>
    private static string Find(string name, string annotation, string? frameFolder)
    {
        string[] places = frameFolder is not null
            ? [Path.Combine(frameFolder, name), Path.Combine(frameFolder, name + ".mp4")]
            : [Path.Combine(Path.GetDirectoryName(annotation)!, name + ".mp4"), Path.Combine(Path.GetDirectoryName(annotation)!, name)];
        return places.FirstOrDefault(p => File.Exists(p) || Directory.Exists(p))
            ?? throw new DatasetException($"The video for {annotation} is missing: there is neither {string.Join(" nor ", places)}. Download it, or take it off the list.");
    }
}

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

    /// <summary>Whether every object of every file has a mask, even if an empty one; null means that the object was not annotated.</summary>
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
        return DatasetFiles.ReadAnnotations<List<(int, CocoRle)>>(() => [.. _objects.Index().Where(o => wanted?.Contains(o.Index + 1) ?? true)
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

/// <summary>The frames of a video, however they are stored. Safe to read from several threads at once.</summary>
internal abstract class FrameStore
{
    /// <summary>How many frames there are.</summary>
    public abstract int Count { get; }

    /// <summary>The number that a frame has in the video, from 0; not its index where only some were extracted.</summary>
    public abstract int Number(int frame);

    /// <summary>The frame's name.</summary>
    public abstract string Name(int frame);

    /// <summary>Decodes a frame.</summary>
    /// <exception cref="MediaException">It is missing or damaged.</exception>
    public abstract RgbImage Read(int frame);
}

/// <summary>Frames that were extracted from a video (training/scripts/sav_frame_extraction_submitit.py), named by their numbers.</summary>
internal sealed class PictureFrames : FrameStore
{
    private readonly string[] _files;
    private readonly int[] _numbers;
    private readonly MediaLimits _limits;

    /// <summary>Lists the frames.</summary>
    /// <exception cref="DatasetException">There are none, or a name is not a number.</exception>
    public PictureFrames(string folder, MediaLimits limits)
    {
        _limits = limits;
        _files = DatasetFiles.Frames(folder);
        if (_files.Length == 0)
        {
            throw new DatasetException($"There is no picture in {folder}; extract the frames again.");
        }

        _numbers = [.. _files.Select(f => int.TryParse(Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new DatasetException($"{f} is not named by its frame's number, such as 00004.jpg; extract the frames again."))];
    }

    public override int Count => _files.Length;

    public override int Number(int frame) => _numbers[frame];

    public override string Name(int frame) => Path.GetFileNameWithoutExtension(_files[frame]);

    public override RgbImage Read(int frame) => ImageFile.Read(_files[frame], _limits);
}

/// <summary>
/// Frames of a video file by their numbers. A decoder can't jump exactly, so frames are decoded in runs, the last two of which are kept:
/// clips and whole videos are read in order. To read random frames again and again, extract them first.
/// </summary>
internal sealed class VideoFileFrames : FrameStore
{
    private const long RunBytes = 64_000_000;
    private const int LongestRun = 16;

    private readonly string _path;
    private readonly MediaLimits _limits;
    private readonly (int Height, int Width) _size;
    private readonly int _run;
    private readonly Lock _lock = new();
    private readonly Queue<(int Start, IReadOnlyList<RgbImage> Frames)> _kept = new();

    /// <summary>Describes the file, which is opened when frames are read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">Number of frames.</param>
    /// <param name="height">Height in pixels that its masks have.</param>
    /// <param name="width">Width in pixels that its masks have.</param>
    /// <param name="limits">Limits on the size of frames.</param>
    public VideoFileFrames(string path, int count, int height, int width, MediaLimits limits)
    {
        (_path, Count, _size, _limits) = (path, count, (height, width), limits);
        _run = (int)Math.Clamp(RunBytes / (3L * height * width), 1, LongestRun);
    }

    public override int Count { get; }

    public override int Number(int frame) => frame;

    public override string Name(int frame) => frame.ToString("00000", CultureInfo.InvariantCulture);

    public override RgbImage Read(int frame)
    {
        lock (_lock)
        {
            int start = frame / _run * _run;
            var frames = _kept.FirstOrDefault(k => k.Start == start).Frames;
            if (frames is null)
            {
                _kept.Enqueue((start, frames = Decode(start)));
                if (_kept.Count > 2)
                {
                    _kept.Dequeue();
                }
            }

            // The caller may change what it gets, so the kept frame is copied.
            return frame - start < frames.Count
                ? frames[frame - start].Clone()
                : throw new MediaException(_path, $"ends before frame {frame}, although its annotations count {Count} frames", "Download the video again");
        }
    }

    private List<RgbImage> Decode(int start)
    {
        var reader = VideoReader.Open(_path, new VideoReadOptions { Start = start, Count = _run, Limits = _limits });
        return (reader.Height, reader.Width) == _size
            ? [.. reader.ReadFrames().Select(f => f.Image)]
            : throw new MediaException(
                _path, $"is {reader.Width}×{reader.Height}, but its masks are {_size.Width}×{_size.Height}", "Download the video again, at the size that was annotated");
    }
}
