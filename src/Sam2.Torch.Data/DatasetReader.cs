using System.Collections;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>
/// Opens data sets as they are unpacked. Opening only lists files; frames and masks are read when they are asked for, and damage is
/// reported then.
/// </summary>
public static class DatasetReader
{
    /// <summary>Opens a data set.</summary>
    /// <param name="root">Its folder, or whatever a registered format takes for its root.</param>
    /// <param name="format">The name of its format, one of <see cref="DatasetFormats.Names"/>; null to find out by looking at the folder.</param>
    /// <param name="options">What is read of it; null for everything.</param>
    /// <returns>Its videos; at least one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="DatasetException">
    /// There is no such format, or folders or lists are missing or contradict each other; the message names them.
    /// </exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, string? format = null, DatasetOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        var known = format is null ? null : DatasetFormats.Find(format);
        if (known is null or { IsBuiltIn: true } && !Directory.Exists(root))
        {
            throw new DatasetException($"There is no folder {root}; give the folder into which the data set was unpacked.");
        }

        options ??= new DatasetOptions();
        options.Check();
        known ??= DatasetFormats.Detect(root, options);
        var videos = known.Open(root, options);
        if (!known.IsBuiltIn)
        {
            videos = Choose(videos, options, known, root);
        }

        return FrameSelection.Selects(options) ? new MappedVideos(videos, video => FrameSelection.Of(video, options)) : videos;
    }

    /// <summary>The videos of a registered format that the options select; built-in formats select before they open anything.</summary>
    private static IReadOnlyList<IAnnotatedVideo> Choose(IReadOnlyList<IAnnotatedVideo> videos, DatasetOptions options, DatasetFormats.Format format, string root)
    {
        if (videos is not { Count: > 0 })
        {
            throw new DatasetException($"The format {format.Name} finds no video in {root}; check the root and the part.");
        }

        if (options.Videos is null && options.ExcludedVideos.Count == 0)
        {
            return options.MaxVideos < videos.Count ? [.. videos.Take(options.MaxVideos.Value)] : videos;
        }

        var byName = videos.Index().DistinctBy(video => video.Item.Name).ToDictionary(video => video.Item.Name, video => video.Index);
        string[] all = [.. videos.Select(video => video.Name).Distinct()];
        return new NamedVideos(NamedVideos.Choose(all, options, null, root), name => videos[byName[name]]);
    }
}

/// <summary>A data set's files are missing, damaged or contradict each other; the message names the file and the remedy.</summary>
public sealed class DatasetException : Sam2Exception
{
    /// <summary>Creates the exception.</summary>
    public DatasetException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public DatasetException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>The videos of another list, each wrapped when it is asked for.</summary>
internal sealed class MappedVideos(IReadOnlyList<IAnnotatedVideo> videos, Func<IAnnotatedVideo, IAnnotatedVideo> change) : IReadOnlyList<IAnnotatedVideo>
{
    public int Count => videos.Count;

    public IAnnotatedVideo this[int index] => change(videos[index]);

    public IEnumerator<IAnnotatedVideo> GetEnumerator() => videos.Select(change).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>A selection of a video's frames, as a video of its own.</summary>
internal sealed class FrameSelection : IAnnotatedVideo
{
    private readonly IAnnotatedVideo _video;
    private readonly IReadOnlyList<int> _frames;

    private FrameSelection(IAnnotatedVideo video, IReadOnlyList<int> frames) => (_video, _frames) = (video, frames);

    /// <inheritdoc/>
    public string Name => _video.Name;

    /// <inheritdoc/>
    public int FrameCount => _frames.Count;

    /// <inheritdoc/>
    public bool ObjectsOverlap => _video.ObjectsOverlap;

    /// <summary>The video with only those frames that the options select.</summary>
    public static IAnnotatedVideo Of(IAnnotatedVideo video, DatasetOptions options)
    {
        if (!Selects(options))
        {
            return video;
        }

        var frames = Enumerable.Range(0, Math.Min(video.FrameCount, options.MaxFrames ?? int.MaxValue)).Where(i => i % options.FrameStride == 0);
        return new FrameSelection(video, [.. options.AnnotatedFramesOnly ? frames.Where(video.IsAnnotated) : frames]);
    }

    /// <summary>Whether options leave out any frames.</summary>
    public static bool Selects(DatasetOptions options) => options.FrameStride > 1 || options.MaxFrames is not null || options.AnnotatedFramesOnly;

    /// <inheritdoc/>
    public string FrameName(int frame) => _video.FrameName(Original(frame));

    /// <inheritdoc/>
    public RgbImage ReadFrame(int frame) => _video.ReadFrame(Original(frame));

    /// <inheritdoc/>
    public bool IsAnnotated(int frame) => _video.IsAnnotated(Original(frame));

    /// <inheritdoc/>
    public IReadOnlyList<int> VisibleObjects(int frame) => _video.VisibleObjects(Original(frame));

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => _video.ReadMasks(Original(frame));

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame, IReadOnlyCollection<int> objects) => _video.ReadMasks(Original(frame), objects);

    /// <inheritdoc/>
    public string ObjectName(int id) => _video.ObjectName(id);

    private int Original(int frame) => frame >= 0 && frame < _frames.Count
        ? _frames[frame]
        : throw new ArgumentOutOfRangeException(nameof(frame), frame, $"Video {Name} has {_frames.Count} frames left.");
}

/// <summary>
/// Videos that are opened by name when they are asked for. Nothing is kept: a data set of fifty thousand videos costs no more memory than
/// its names.
/// </summary>
/// <param name="names">The videos' names.</param>
/// <param name="open">Opens a video; may be called from several threads at once.</param>
internal sealed class NamedVideos(IReadOnlyList<string> names, Func<string, IAnnotatedVideo> open) : IReadOnlyList<IAnnotatedVideo>
{
    public int Count => names.Count;

    public IAnnotatedVideo this[int index] => open(names[index]);

    public IEnumerator<IAnnotatedVideo> GetEnumerator() => names.Select(open).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The names that the options select.</summary>
    /// <param name="all">All names, in the data set's order.</param>
    /// <param name="options">Which are wanted.</param>
    /// <param name="list">The data set's own list, used if the options have none; null if there is none.</param>
    /// <param name="place">Where the names were found, for messages.</param>
    /// <exception cref="DatasetException">A wanted name isn't there, or none is left.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyCollection<string> all, DatasetOptions options, IReadOnlyList<string>? list, string place)
    {
        var wanted = options.Videos ?? list;
        if (wanted is not null)
        {
            var known = all.ToHashSet();
            if (wanted.FirstOrDefault(name => !known.Contains(name)) is { } missing)
            {
                throw new DatasetException($"{place} has no {missing}, which the list of videos names; take it off the list, or unpack the whole data set.");
            }
        }

        var excluded = options.ExcludedVideos.ToHashSet();
        List<string> names = [.. (wanted ?? all).Where(name => !excluded.Contains(name)).Take(options.MaxVideos ?? int.MaxValue)];
        return names.Count > 0 ? names : throw new DatasetException($"No video of {place} is left to use; look at the lists of videos and of excluded videos.");
    }
}
