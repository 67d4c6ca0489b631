using System.Globalization;
using System.Runtime.CompilerServices;

namespace Sam2.Torch.Media;

/// <summary>
/// Reads a video (anything ffmpeg decodes), a folder of pictures, or one picture as a video of one frame. Frames are pulled one
/// at a time, while the next few are decoded, so memory does not grow with length. A reader holds no resources itself; every enumeration starts anew and ends
/// its decoder when it is disposed, as <c>foreach</c> does.
/// </summary>
public sealed class VideoReader
{
    private readonly FrameSource _source;

    private VideoReader(FrameSource source, string path, VideoReadOptions options)
    {
        _source = source;
        Path = path;
        Options = options;
        (Width, Height) = options.FitSize(source.Info.Width, source.Info.Height);
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Which frames are read.</summary>
    public VideoReadOptions Options { get; }

    /// <summary>What the source says about itself, before scaling and selection.</summary>
    public VideoInfo Info => _source.Info;

    /// <summary>Width of the frames handed out, in pixels.</summary>
    public int Width { get; }

    /// <summary>Height of the frames handed out, in pixels.</summary>
    public int Height { get; }

    /// <summary>The number of frames that will be handed out, possibly an estimate; null if unknown.</summary>
    public long? ExpectedFrameCount => Info.ExpectedFrameCount is { } total ? SelectedOf(total) : null;

    /// <summary>
    /// The name of a frame that is handed out, without its ending, such as <c>frame_0007</c>: in a folder of pictures frames have names, by
    /// which results can be told; null in videos, and beyond the last frame.
    /// </summary>
    /// <param name="index">Which of the frames that are handed out, from 0.</param>
    public string? NameOf(int index) => _source.NameOf(Options.Start + ((long)index * Options.Stride));

    /// <summary>Opens a video file, a folder of pictures or a picture.</summary>
    /// <param name="path">The file or folder. A folder's pictures are in natural order, frame_2 before frame_10.</param>
    /// <param name="options">Which frames are read; null for all at their size.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="MediaException">Missing, without video, damaged, too large, or ffmpeg is not installed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static VideoReader Open(string path, VideoReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new VideoReadOptions();
        options.Check();
        FrameSource source;
        if (Directory.Exists(path))
        {
            source = PictureSource.OfFolder(path, options.Limits);
        }
        else
        {
            source = IsVideo(path)
                ? new VideoFileSource(path, Ffmpeg.Probe(path, options.Limits, cancellationToken))
                : PictureSource.OfPicture(path, options.Limits);
        }

        options.Limits.Check(path, source.Info.Width, source.Info.Height);
        return new VideoReader(source, path, options);
    }

    /// <summary>Whether a path is read as a video of several frames: a folder, an animation, or a file that is not a picture.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="MediaException">The file is missing, or a damaged picture.</exception>
    public static bool IsVideo(string path)
    {
        if (Directory.Exists(path))
        {
            return true;
        }

        using var stream = MediaFile.OpenRead(path);
        return ImageFile.ReadInfo(stream, path).Format is ImageFormat.Unknown or ImageFormat.Gif;
    }

    /// <summary>Reads the frames in order.</summary>
    /// <param name="cancellationToken">Ends the enumeration and the decoder.</param>
    /// <exception cref="MediaException">
    /// While enumerating: the source is damaged or cut off (after the frames that could be decoded), or falls silent.
    /// </exception>
    /// <exception cref="OperationCanceledException">While enumerating: it was cancelled.</exception>
    public IEnumerable<VideoFrame> ReadFrames(CancellationToken cancellationToken = default)
    {
        using var frames = _source.Open(Options, Width, Height, cancellationToken);
        for (int i = 0; Options.Count is not { } count || i < count; i++)
        {
            if (frames.Next() is not { } frame)
            {
                yield break;
            }

            yield return new VideoFrame(Options.Start + (i * Options.Stride), frame.Image) { Time = frame.Time };
        }
    }

    /// <summary>Reads the frames in order without blocking the caller's thread.</summary>
    /// <param name="cancellationToken">Ends the enumeration and the decoder.</param>
    /// <exception cref="MediaException">While enumerating: as <see cref="ReadFrames"/>.</exception>
    /// <exception cref="OperationCanceledException">While enumerating: it was cancelled.</exception>
    public async IAsyncEnumerable<VideoFrame> ReadFramesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var frames = await Task.Run(() => _source.Open(Options, Width, Height, cancellationToken), cancellationToken).ConfigureAwait(false);
        for (int i = 0; Options.Count is not { } count || i < count; i++)
        {
            if (await Task.Run(frames.Next, cancellationToken).ConfigureAwait(false) is not { } frame)
            {
                yield break;
            }

            yield return new VideoFrame(Options.Start + (i * Options.Stride), frame.Image) { Time = frame.Time };
        }
    }

    private long SelectedOf(long total)
    {
        long selected = Math.Max(0, (total - Options.Start + Options.Stride - 1) / Options.Stride);
        return Math.Min(selected, Options.Count ?? long.MaxValue);
    }
}

/// <summary>Which frames are read, and how large.</summary>
public sealed record VideoReadOptions
{
    /// <summary>First frame, counted from 0; exact, also for variable frame rates.</summary>
    public int Start { get; init; }

    /// <summary>Distance between the frames that are read: 2 takes every second frame, beginning with <see cref="Start"/>.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>The largest number of frames to read; null for all.</summary>
    public int? Count { get; init; }

    /// <summary>Longest side of a frame in pixels: larger frames are scaled down to it; null keeps their size.</summary>
    public int? MaxSide { get; init; }

    /// <summary>Which numbers of PNGs of 16 bits become black and white; videos are converted by ffmpeg.</summary>
    public SampleRange Range { get; init; }

    /// <summary>Limits on the size of a frame and on how long a decoder may stay silent.</summary>
    public MediaLimits Limits { get; init; } = MediaLimits.Default;

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Start);
        ArgumentOutOfRangeException.ThrowIfLessThan(Stride, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Count ?? 1, 1, nameof(Count));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSide ?? 1, 1, nameof(MaxSide));
    }

    /// <summary>The size of the frames that are handed out.</summary>
    internal (int Width, int Height) FitSize(int width, int height)
    {
        int longer = Math.Max(width, height);
        if (MaxSide is not { } limit || longer <= limit)
        {
            return (width, height);
        }

        double scale = (double)limit / longer;
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }
}

/// <summary>One frame of a video.</summary>
/// <param name="Index">Its number in the source, counted from 0; start and stride do not change it.</param>
/// <param name="Image">The picture, upright; the receiver may keep and change it.</param>
public sealed record VideoFrame(int Index, RgbImage Image)
{
    /// <summary>
    /// When it is shown, from the beginning of the file; null where the source doesn't say, as in folders of pictures. The time between two
    /// frames may vary; <see cref="VideoWriter.Write(RgbImage, TimeSpan)"/> keeps it.
    /// </summary>
    public TimeSpan? Time { get; init; }
}

/// <summary>What is known about a video before its frames are read.</summary>
/// <param name="Width">Width of a frame in pixels, upright.</param>
/// <param name="Height">Height of a frame in pixels, upright.</param>
/// <param name="FrameRate">Average frames per second; null for folders and pictures.</param>
/// <param name="Rotation">Degrees by which the stored frames are turned anticlockwise to be upright (already applied).</param>
/// <param name="Duration">Length, if the file states it.</param>
/// <param name="FrameCount">Number of frames, if the file states it.</param>
public sealed record VideoInfo(int Width, int Height, FrameRate? FrameRate, int Rotation, TimeSpan? Duration, long? FrameCount)
{
    /// <summary>
    /// Width and height of a pixel as it is shown, upright: (1, 1) for square ones; 16:11 for wide ones of PAL. Frames are handed out as they are
    /// stored, so a video of them needs the same pixels to look the same.
    /// </summary>
    public (int Width, int Height) PixelAspect { get; init; } = (1, 1);

    /// <summary>
    /// The unit in which the file counts time, as a fraction of a second: (1, 90000), for example. Null for folders and pictures.
    /// </summary>
    public (int Numerator, int Denominator)? TimeBase { get; init; }

    /// <summary>The number of frames, or an estimate from duration and rate; null if neither is known.</summary>
    public long? ExpectedFrameCount => FrameCount
        ?? (Duration is { } duration && FrameRate is { } rate ? (long)Math.Round(duration.TotalSeconds * rate.PerSecond) : null);
}

/// <summary>Frames per second as a fraction, exact for rates such as 30000/1001.</summary>
/// <param name="Numerator">A number of frames.</param>
/// <param name="Denominator">The seconds in which they are shown.</param>
public readonly record struct FrameRate(int Numerator, int Denominator)
{
    /// <summary>Frames per second.</summary>
    public double PerSecond => (double)Numerator / Denominator;

    /// <summary>The fraction for a number such as 25, 29.97 or 12.5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not between 0.001 and 1000.</exception>
    public static FrameRate FromPerSecond(double framesPerSecond)
    {
        if (!(framesPerSecond is >= 0.001 and <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(framesPerSecond), framesPerSecond, "A frame rate lies between 0.001 and 1000.");
        }

        // Television's rates are whole numbers divided by 1.001.
        double television = Math.Round(framesPerSecond * 1.001);
        if (Math.Abs((television / 1.001) - framesPerSecond) < 0.005 && Math.Abs(framesPerSecond - Math.Round(framesPerSecond)) > 0.005)
        {
            return new FrameRate((int)television * 1000, 1001);
        }

        return new FrameRate((int)Math.Round(framesPerSecond * 1000), 1000);
    }

    /// <summary>Reads ffprobe's notation; null for <c>0/0</c> and anything that is not a rate.</summary>
    internal static FrameRate? Parse(string? text)
    {
        string[] parts = (text ?? "").Split('/');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int numerator)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int denominator)
            && numerator > 0 && denominator > 0
                ? new FrameRate(numerator, denominator)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");
}
