using System.Globalization;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Layouts;

/// <summary>Data sets with a folder of frames and a folder of masks per video.</summary>
internal static class VideoFolders
{
    /// <summary>Where frames and masks lie in the folders of data sets, the most specific first.</summary>
    private static readonly (string Frames, string Masks)[] Places =
    [
        ("JPEGImages_24fps", "Annotations_6fps"),
        (Path.Combine("JPEGImages", "480p"), Path.Combine("Annotations", "480p")),
        (Path.Combine("JPEGImages", "Full-Resolution"), Path.Combine("Annotations", "Full-Resolution")),
        ("JPEGImages", "Annotations"),
        ("images", "masks"),
        ("frames", "masks"),
    ];

    /// <summary>Whether a folder has frames and masks in one of the usual places.</summary>
    public static bool IsRoot(string root) => Places.Any(p => Directory.Exists(Path.Combine(root, p.Frames)) && Directory.Exists(Path.Combine(root, p.Masks)));

    /// <summary>The folders of frames and of masks.</summary>
    /// <exception cref="DatasetException">They aren't there.</exception>
    public static (string Frames, string Masks) Find(string root, DatasetOptions options)
    {
        var usual = Places.Select(p => (Frames: Path.Combine(root, p.Frames), Masks: Path.Combine(root, p.Masks)))
            .FirstOrDefault(p => Directory.Exists(p.Frames) && Directory.Exists(p.Masks));
        return (
            Chosen(root, options.Frames, usual.Frames, "frames", [.. Places.Select(p => p.Frames)]),
            Chosen(root, options.Annotations, usual.Masks, "masks", [.. Places.Select(p => p.Masks)]));
    }

    /// <summary>Opens a data set.</summary>
    /// <param name="root">Its folder.</param>
    /// <param name="options">What is read.</param>
    /// <param name="coverage">Which frames must be annotated.</param>
    /// <param name="findMeta">Finds the file that tells which objects videos have; null if the format has none.</param>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options, MaskCoverage coverage, Func<string, MetaFile?>? findMeta = null)
    {
        string part = DatasetFiles.PartOf(root, options);
        var (frames, masks) = Find(part, options);
        var meta = findMeta?.Invoke(part);
        string[] all = [.. Directory.GetDirectories(masks).Select(d => Path.GetFileName(d)).Where(d => d[0] != '.').Order(StringComparer.Ordinal)];
        var names = NamedVideos.Choose(all, options, DatasetFiles.ReadSplit(root, options) ?? meta?.Videos, masks);
        if (names.FirstOrDefault(n => !Directory.Exists(Path.Combine(frames, n))) is { } missing)
        {
            throw new DatasetException($"There is no folder {Path.Combine(frames, missing)}; the video has masks in {masks} but no frames. Unpack its frames, or take it off the list of videos.");
        }

        return new NamedVideos(names, name =>
        {
            var video = FolderVideo.Open(name, Path.Combine(frames, name), Path.Combine(masks, name), coverage, options);
            meta?.Check(video, Path.Combine(masks, name));
            return video;
        });
    }

    private static string Chosen(string root, string? chosen, string? usual, string what, IReadOnlyList<string> places)
    {
        if (chosen is null)
        {
            return usual ?? throw new DatasetException($"{root} has no {what} in a usual place ({string.Join(", ", places.Distinct())}, frames and masks side by side); give the folder of {what}.");
        }

        string folder = Path.Combine(root, chosen);
        return Directory.Exists(folder) ? folder : throw new DatasetException($"There is no folder {folder}, which was given for the {what}; give one that is there, relative to {root}.");
    }
}

/// <summary>Which frames of its videos a data set annotates.</summary>
internal enum MaskCoverage
{
    /// <summary>Some; a frame without a file is not annotated.</summary>
    Some,

    /// <summary>All, or only the first where the others are held back for a challenge. Anything else means that files are missing.</summary>
    FirstOrAll,
}

/// <summary>A video whose frames and masks are pictures of the same names in two folders.</summary>
internal sealed class FolderVideo : IAnnotatedVideo
{
    private readonly IReadOnlyList<string> _frames;
    private readonly VideoMaskFolder _masks;
    private readonly HashSet<string> _annotated;
    private readonly MaskCoverage _coverage;
    private readonly MediaLimits _limits;
    private readonly bool _hasVoid;

    /// <summary>Made only where a frame's white could mean two things: that takes reading the other masks too.</summary>
    private readonly Lazy<MaskNumbering> _numbering;

    private FolderVideo(string name, IReadOnlyList<string> frames, VideoMaskFolder masks, HashSet<string> annotated, MaskCoverage coverage, DatasetOptions options)
    {
        (Name, _frames, _masks, _annotated, _coverage, _limits, _hasVoid) = (name, frames, masks, annotated, coverage, options.Limits, options.VoidNumber is not null);
        _numbering = new(
            () => options.VoidNumber is { } number ? MaskNumbering.WithVoid(number) : MaskNumbering.Of(masks.Frames().Select(frame => StoredMasks.Read(masks.File(frame), _limits))),
            LazyThreadSafetyMode.PublicationOnly);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int FrameCount => _frames.Count;

    /// <inheritdoc/>
    public bool ObjectsOverlap => _masks.IsPerObject;

    /// <summary>Lists the files of a video and checks that they belong together.</summary>
    /// <exception cref="DatasetException">Frames or masks are missing, or a mask has no frame.</exception>
    public static FolderVideo Open(string name, string frameFolder, string maskFolder, MaskCoverage coverage, DatasetOptions options)
    {
        string[] frames = Directory.Exists(frameFolder)
            ? DatasetFiles.Frames(frameFolder)
            : throw new DatasetException($"There is no folder {frameFolder}; video {name} has masks in {maskFolder} but no frames. Unpack its frames, or take it off the list.");
        if (frames.Length == 0)
        {
            throw new DatasetException($"There is no picture in {frameFolder}; unpack the frames of video {name}, or take it off the list.");
        }

        var masks = VideoMaskFolder.Open(maskFolder);
        var annotated = Annotated(masks);
        string[] names = [.. frames.Select(f => Path.GetFileNameWithoutExtension(f))];
        if (annotated.Except(names).Order(StringComparer.Ordinal).FirstOrDefault() is { } stray)
        {
            var owner = masks.IsPerObject ? masks.Objects.First(o => masks.Frames(o).Contains(stray)) : null;
            throw new DatasetException($"The mask {masks.File(stray, owner)} belongs to no frame in {frameFolder}; unpack the missing frame, or delete the mask.");
        }

        if (coverage == MaskCoverage.FirstOrAll && names.FirstOrDefault(n => !annotated.Contains(n)) is { } missing && (missing == names[0] || annotated.Count > 1))
        {
            throw new DatasetException(
                $"The mask {masks.File(missing, masks.IsPerObject ? masks.Objects[0] : null)} is missing; unpack the data set again, or read it in the format folders, which allows frames without masks.");
        }

        return new FolderVideo(name, frames, masks, annotated, coverage, options);
    }

    /// <inheritdoc/>
    public string FrameName(int frame) => Path.GetFileNameWithoutExtension(_frames[Checked(frame)]);

    /// <inheritdoc/>
    public RgbImage ReadFrame(int frame) => ImageFile.Read(_frames[Checked(frame)], _limits);

    /// <inheritdoc/>
    public bool IsAnnotated(int frame) => _annotated.Contains(FrameName(frame));

    /// <inheritdoc/>
    public string ObjectName(int id) => _masks.IsPerObject ? _masks.Objects[id - 1] : id.ToString("000", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame)
    {
        string name = FrameName(frame);
        if (!_annotated.Contains(name))
        {
            return new Dictionary<int, BinaryMask>();
        }

        if (!_masks.IsPerObject)
        {
            string file = _masks.File(name);
            var stored = Read(file, frame);
            var masks = stored.IsWhiteOnBlack || _hasVoid ? _numbering.Value.Split(stored) : stored.ByNumber();
            return frame > 0 || masks.Count > 0 || _coverage == MaskCoverage.Some
                ? masks
                : throw new DatasetException($"The mask {file} shows no object, although its video is tracked from there; take the video off the list, or annotate it.");
        }

        // A missing file means that the object isn't there, as in the original's reader.
        return Enumerable.Range(1, _masks.Objects.Count).Select(id => (Id: id, File: _masks.File(name, ObjectName(id)))).Where(o => File.Exists(o.File))
            .ToDictionary(o => o.Id, o => Read(o.File, frame).Single());
    }

    /// <inheritdoc/>
    public BinaryMask? ReadVoid(int frame) =>
        _hasVoid && !_masks.IsPerObject && IsAnnotated(frame) ? _numbering.Value.Void(Read(_masks.File(FrameName(frame)), frame)) : null;

    private static HashSet<string> Annotated(VideoMaskFolder masks)
    {
        if (!masks.IsPerObject)
        {
            return [.. masks.Frames()];
        }

        var annotated = new HashSet<string>();
        foreach (string name in masks.Objects)
        {
            var frames = masks.Frames(name);
            if (frames.Count == 0)
            {
                throw new DatasetException($"{Path.Combine(masks.Path, name)} holds no PNG masks; unpack the object's masks, or delete the folder.");
            }

            annotated.UnionWith(frames);
        }

        return annotated;
    }

    private StoredMasks Read(string file, int frame)
    {
        var masks = StoredMasks.Read(file, _limits);
        var picture = ImageFile.ReadInfo(_frames[frame]);
        return masks.Size == (picture.Width, picture.Height)
            ? masks
            : throw new DatasetException(
                $"The mask {file} is {masks.Size.Width}×{masks.Size.Height}, but its frame {_frames[frame]} is {picture.Width}×{picture.Height}; both need to be of one size.");
    }

    private int Checked(int frame) => frame >= 0 && frame < _frames.Count
        ? frame
        : throw new ArgumentOutOfRangeException(nameof(frame), frame, $"Video {Name} has frames 0 to {_frames.Count - 1}.");
}
