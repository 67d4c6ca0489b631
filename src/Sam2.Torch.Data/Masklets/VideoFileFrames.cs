using System.Globalization;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Masklets;

/// <summary>
/// Frames of a video file by their numbers. A decoder can't jump exactly, so frames are decoded in runs, the last two of which are kept:
/// clips and whole videos are read in order. Who reads random frames again and again had better extract them.
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

    /// <summary>Says what is in the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">Number of frames.</param>
    /// <param name="height">Height in pixels that its masks have.</param>
    /// <param name="width">Width in pixels that its masks have.</param>
    /// <param name="limits">What a frame may cost.</param>
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

            // Handed out frames belong to the caller.
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
