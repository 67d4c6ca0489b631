using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>Some frames of a video as a video of its own.</summary>
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

    /// <summary>The frames that options leave over.</summary>
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
