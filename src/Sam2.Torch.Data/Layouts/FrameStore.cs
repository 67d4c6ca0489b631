using System.Globalization;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Layouts;

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
