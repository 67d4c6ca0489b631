using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>
/// The frames of a session as the model sees them, encoded once and cached: read from a source, or pushed one after the other where
/// there is none. To be used in inference mode.
/// </summary>
internal sealed class SessionFrames : IDisposable
{
    private readonly Sam2Model _model;
    private readonly IFrameSource? _source;
    private readonly FeatureCache _features;
    private int _pushed;

    /// <summary>Prepares to encode frames.</summary>
    /// <param name="model">The model. It stays the caller's.</param>
    /// <param name="source">The video, which stays the caller's; null for frames that are pushed.</param>
    /// <param name="capacity">Frames whose features are kept.</param>
    public SessionFrames(Sam2Model model, IFrameSource? source, int capacity)
    {
        (_model, _source, _features) = (model, source, new FeatureCache(capacity));
        if (source is not null) (Width, Height) = (source.Width, source.Height);
    }

    /// <summary>Whether frames are pushed instead of read.</summary>
    public bool IsLive => _source is null;

    /// <summary>Number of frames; null when unknown, as it always is where they are pushed.</summary>
    public int? Count => _source?.FrameCount;

    /// <summary>Width of the frames, in pixels; 0 before the first frame that is pushed.</summary>
    public int Width { get; private set; }

    /// <summary>Height of the frames, in pixels; 0 before the first frame that is pushed.</summary>
    public int Height { get; private set; }

    /// <summary>The features of a frame, from the cache if possible. They belong to the cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="InvalidOperationException">The frame was pushed, and its features aren't kept any more.</exception>
    public ImageFeatures Features(int frame) => TryFeatures(frame)
        ?? throw new ArgumentOutOfRangeException(nameof(frame), frame, Count is { } count
            ? $"The video has {count} frames, 0 to {count - 1}."
            : "The video has no such frame.");

    /// <summary>The features of a frame; null if there is no such frame.</summary>
    public ImageFeatures? TryFeatures(int frame)
    {
        if (_features.Find(frame) is { } cached) return cached;
        if (_source is null)
        {
            if (frame < 0 || frame >= _pushed) return null;
            throw new InvalidOperationException(
                $"Frame {frame} of the live session is gone; kept are {string.Join(", ", _features.Frames.Order())}. " +
                $"Prompt the latest frames, or raise {nameof(VideoSessionOptions.CachedFrames)}.");
        }

        if (frame < 0 || frame >= Count) return null;
        if (_source.Read(frame) is { } image) return Encode(frame, image);
        // Reading beyond the end may be how the length became known.
        if (Count is { } count && frame < count) throw new InvalidDataException($"Frame {frame} can't be read, though the video should have {count}.");
        return null;
    }

    /// <summary>Takes the next frame of a live session.</summary>
    /// <returns>Its index.</returns>
    /// <exception cref="ArgumentException">The frame has another size than the ones before.</exception>
    public int Push(RgbImage image)
    {
        if (_pushed == 0) (Width, Height) = (image.Width, image.Height);
        Encode(_pushed, image);
        return _pushed++;
    }

    /// <inheritdoc/>
    public void Dispose() => _features.Dispose();

    private ImageFeatures Encode(int frame, RgbImage image)
    {
        if (image.Width != Width || image.Height != Height)
        {
            throw new ArgumentException(
                $"Frame {frame} is {image.Width}×{image.Height}, the video {Width}×{Height}; all frames must have one size.", nameof(image));
        }

        using var scope = NewDisposeScope();
        var features = _model.EncodeImage(FramePreprocessing.ToModelInput(image, _model.Config.ImageSize, _model.Device));
        _features.Add(frame, features);
        return features;
    }
}

/// <summary>Image features of the frames that were used last.</summary>
internal sealed class FeatureCache(int capacity) : IDisposable
{
    private readonly LinkedList<(int Frame, ImageFeatures Features)> _entries = [];

    /// <summary>Indices of the cached frames, the one used last first.</summary>
    public IEnumerable<int> Frames => _entries.Select(e => e.Frame);

    /// <summary>The features of a frame, or null. They belong to the cache, until as many other frames have been added as it holds.</summary>
    public ImageFeatures? Find(int frame)
    {
        for (var node = _entries.First; node is not null; node = node.Next)
        {
            if (node.Value.Frame != frame) continue;
            _entries.Remove(node);
            _entries.AddFirst(node);
            return node.Value.Features;
        }

        return null;
    }

    /// <summary>Adds a frame's features, takes them over, and drops the ones that weren't used for longest.</summary>
    public void Add(int frame, ImageFeatures features)
    {
        _entries.AddFirst((frame, features.DetachFromDisposeScope()));
        while (_entries.Count > capacity)
        {
            _entries.Last!.Value.Features.Dispose();
            _entries.RemoveLast();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, features) in _entries) features.Dispose();
        _entries.Clear();
    }
}
