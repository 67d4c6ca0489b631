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
