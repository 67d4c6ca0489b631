using Sam2.Torch.Media;

namespace Sam2.Torch.Prediction;

/// <summary>A video as a session sees it: frames by index, all of one size.</summary>
public interface IFrameSource
{
    /// <summary>Number of frames; null when unknown before the end is reached.</summary>
    int? FrameCount { get; }

    /// <summary>Width of the frames, in pixels.</summary>
    int Width { get; }

    /// <summary>Height of the frames, in pixels.</summary>
    int Height { get; }

    /// <summary>Reads a frame; null beyond the last. Sessions mostly ask for adjacent frames, forwards or backwards.</summary>
    RgbImage? Read(int frame);
}

/// <summary>Frames that are in memory already.</summary>
public sealed class FrameList : IFrameSource
{
    private readonly IReadOnlyList<RgbImage> _frames;

    /// <summary>Wraps frames without copying them.</summary>
    /// <exception cref="ArgumentException">There is no frame, or the sizes differ.</exception>
    public FrameList(IReadOnlyList<RgbImage> frames)
    {
        if (frames.Count == 0) throw new ArgumentException("A video needs at least one frame.", nameof(frames));
        for (var i = 1; i < frames.Count; i++)
        {
            if (frames[i].Width != frames[0].Width || frames[i].Height != frames[0].Height)
            {
                throw new ArgumentException(
                    $"Frame {i} is {frames[i].Width}×{frames[i].Height}, but frame 0 is {frames[0].Width}×{frames[0].Height}; resize one of them.",
                    nameof(frames));
            }
        }

        _frames = frames;
    }

    /// <inheritdoc/>
    public int? FrameCount => _frames.Count;

    /// <inheritdoc/>
    public int Width => _frames[0].Width;

    /// <inheritdoc/>
    public int Height => _frames[0].Height;

    /// <inheritdoc/>
    public RgbImage? Read(int frame) => frame >= 0 && frame < _frames.Count ? _frames[frame] : null;
}

/// <summary>
/// The frames of a video file or folder by index, for a session: decoded once while it walks forwards, and in stretches while it
/// walks backwards. Memory stays bounded.
/// </summary>
public sealed class VideoFrames : IFrameSource, IDisposable
{
    /// <summary>Decoded frames that are kept at most, in bytes.</summary>
    private const long WindowBytes = 96 << 20;

    /// <summary>A frame at most this far ahead is reached by decoding the frames in between; for one farther ahead the video is opened again there.</summary>
    private const int MaxSkip = 64;

    /// <summary>Videos that may be this short are counted, because the encoding of time in them depends on their length.</summary>
    private const int ShortVideo = 64;

    private readonly VideoReader _reader;
    private readonly Dictionary<int, RgbImage> _window = [];
    private readonly Dictionary<int, TimeSpan> _times = [];
    private readonly int _windowLength;
    private IEnumerator<VideoFrame>? _stream;
    private int _next;
    private int? _count;

    /// <summary>Reads frames through <paramref name="reader"/>; index 0 is the first frame that it yields.</summary>
    public VideoFrames(VideoReader reader)
    {
        _reader = reader;
        _windowLength = (int)Math.Clamp(WindowBytes / Math.Max(3L * reader.Width * reader.Height, 1), 2, 32);
        if (reader.ExpectedFrameCount is not > ShortVideo) CountShort();
    }

    /// <summary>Opens a video file, a folder of pictures or a picture.</summary>
    /// <inheritdoc cref="VideoReader.Open"/>
    public static VideoFrames Open(string path, VideoReadOptions? options = null) => new(VideoReader.Open(path, options));

    /// <summary>The reader behind it.</summary>
    public VideoReader Reader => _reader;

    /// <summary>The name of a frame without its ending, in a folder of pictures; null in videos, where frames have none.</summary>
    public string? NameOf(int frame) => _reader.NameOf(frame);

    /// <summary>When a frame that was read is shown, from the beginning of the file; null if it wasn't read yet, or the source doesn't say.</summary>
    public TimeSpan? TimeOf(int frame) => _times.TryGetValue(frame, out var time) ? time : null;

    /// <summary>
    /// Number of frames; null until the end was reached, since the length that long videos declare isn't always true
    /// (<see cref="VideoReader.ExpectedFrameCount"/>).
    /// </summary>
    public int? FrameCount => _count;

    /// <inheritdoc/>
    public int Width => _reader.Width;

    /// <inheritdoc/>
    public int Height => _reader.Height;

    /// <inheritdoc/>
    /// <exception cref="MediaException">The video is damaged here.</exception>
    public RgbImage? Read(int frame)
    {
        if (frame < 0 || frame >= _count) return null;
        if (_window.TryGetValue(frame, out var kept)) return kept;
        if (frame >= _reader.Options.Count) return null;
        if (_stream is null || frame < _next || frame > _next + MaxSkip) Open(FirstOfStretch(frame));
        while (_next <= frame)
        {
            if (!MoveNext(_stream!))
            {
                Close();
                // A stretch that begins behind the end says nothing of where the end is.
                if (_window.ContainsKey(_next - 1) || _next == 0) _count = _next;
                return null;
            }

            _window[_next] = _stream!.Current.Image;
            if (_stream.Current.Time is { } time) _times[_next] = time;
            _window.Remove(_next - _windowLength);
            _next++;
        }

        return _window[frame];
    }

    /// <summary>Ends the decoder.</summary>
    public void Dispose()
    {
        Close();
        _window.Clear();
    }

    /// <summary>Decodes a short video once, to know its exact length. That of a damaged one remains unknown: its first frames are good.</summary>
    private void CountShort()
    {
        try
        {
            if (_reader.Options.Count is not { } limit || limit > ShortVideo) Read(ShortVideo);
            else if (Read(limit - 1) is not null) _count = limit;
        }
        catch (MediaException)
        {
            // Ignored here: Read throws at the damaged frame.
        }
    }

    /// <summary>Decodes the next frame. A decoder that failed is closed: the next call would report the end of the video.</summary>
    private bool MoveNext(IEnumerator<VideoFrame> stream)
    {
        try
        {
            return stream.MoveNext();
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Where to begin decoding for a frame: behind it come later ones if the video is walked forwards, earlier ones if not.</summary>
    private int FirstOfStretch(int frame) =>
        frame < _next ? Math.Max(frame - _windowLength + 1, 0)
        : frame <= MaxSkip ? 0
        : frame;

    private void Open(int first)
    {
        Close();
        _window.Clear();
        var options = _reader.Options;
        var reader = first == 0 ? _reader : VideoReader.Open(_reader.Path, options with
        {
            Start = options.Start + first * options.Stride,
            Count = options.Count - first,
        });
        _stream = reader.ReadFrames().GetEnumerator();
        _next = first;
    }

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
