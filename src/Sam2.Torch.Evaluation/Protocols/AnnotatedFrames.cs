using System.Globalization;
using Sam2.Torch.Data;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>
/// The frames of a data set's video, as a session reads them. The last one read is kept: sessions ask for it again. Meanwhile the one that
/// comes after it, in the direction of reading, is decoded.
/// </summary>
public sealed class AnnotatedFrames : IFrameSource, IDisposable
{
    private readonly IAnnotatedVideo _video;
    private (int Index, RgbImage Image) _last;
    private (int Index, Task<RgbImage> Image)? _next;

    /// <summary>Reads the first frame, which tells the size.</summary>
    /// <exception cref="MediaException">The frame is missing or damaged.</exception>
    /// <exception cref="DatasetException">The video has no frame.</exception>
    public AnnotatedFrames(IAnnotatedVideo video)
    {
        ArgumentNullException.ThrowIfNull(video);
        if (video.FrameCount < 1)
        {
            throw new DatasetException($"Video {video.Name} has no frame; remove it from the list of videos.");
        }

        _video = video;
        _last = (0, video.ReadFrame(0));
        (Width, Height) = (_last.Image.Width, _last.Image.Height);
    }

    /// <inheritdoc/>
    public int? FrameCount => _video.FrameCount;

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public RgbImage? Read(int frame)
    {
        if (frame < 0 || frame >= _video.FrameCount)
        {
            return null;
        }

        if (frame != _last.Index)
        {
            var step = frame < _last.Index ? -1 : 1;
            _last = (frame, TakeOrRead(frame));
            var next = frame + step;
            if (next >= 0 && next < _video.FrameCount) _next = (next, Task.Run(() => _video.ReadFrame(next)));
        }

        return _last.Image;
    }

    /// <summary>Waits until nothing is decoded any more.</summary>
    public void Dispose() => WaitAndForget();

    private RgbImage TakeOrRead(int frame)
    {
        if (_next is not { } next || next.Index != frame)
        {
            // A jump: what was decoded for nothing, or couldn't be, doesn't matter.
            WaitAndForget();
            return _video.ReadFrame(frame);
        }

        _next = null;
        return next.Image.GetAwaiter().GetResult();
    }

    private void WaitAndForget()
    {
        _next?.Image.ContinueWith(task => task.Exception, TaskScheduler.Default).GetAwaiter().GetResult();
        _next = null;
    }
}

/// <summary>What protocols ask of a data set's video beyond its frames.</summary>
internal static class AnnotatedVideoExtensions
{
    /// <summary>The true masks of a frame by object id; none for a frame that isn't annotated.</summary>
    /// <exception cref="DatasetException">A mask differs in size from the video.</exception>
    public static IReadOnlyDictionary<int, BinaryMask> ReadTruth(this IAnnotatedVideo video, int frame, int width, int height)
    {
        if (!video.IsAnnotated(frame))
        {
            return new Dictionary<int, BinaryMask>();
        }

        var masks = video.ReadMasks(frame);
        foreach (var (id, mask) in masks)
        {
            if (mask.Width != width || mask.Height != height)
            {
                throw new DatasetException(
                    $"The mask of object {id} on frame {video.FrameName(frame)} of video {video.Name} is {mask.Width}×{mask.Height}, the frames are {width}×{height}.");
            }
        }

        return masks;
    }

    /// <summary>An object's name in scores: its folder's, where it has one.</summary>
    public static string NameInScores(this IAnnotatedVideo video, int id) =>
        video.ObjectsOverlap ? video.ObjectName(id) : id.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Masks as the data set's layout can hold them. What is scored is what is stored: where a picture holds all objects of a frame, a
    /// pixel belongs to one only.
    /// </summary>
    public static IReadOnlyDictionary<int, BinaryMask> AsStored(
        this IAnnotatedVideo video, IReadOnlyDictionary<int, BinaryMask> masks, int height, int width)
    {
        if (video.ObjectsOverlap || masks.Count < 2)
        {
            return masks;
        }

        var split = IndexedMasks.Split(IndexedMasks.CombineLabels(masks, height, width));
        return masks.Keys.ToDictionary(id => id, id => split.GetValueOrDefault(id) ?? new BinaryMask(height, width));
    }
}
