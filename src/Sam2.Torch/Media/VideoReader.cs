using System.Runtime.CompilerServices;

namespace Sam2.Torch.Media;

/// <summary>
/// Reads a video (anything ffmpeg decodes), a folder of pictures, or one picture as a video of one frame. Frames are pulled one
/// at a time, so memory does not grow with length. A reader holds no resources itself; every enumeration starts anew and ends
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

    /// <summary>How many frames will be handed out, or about how many; null if nothing tells.</summary>
    public long? ExpectedFrameCount => Info.ExpectedFrameCount is { } total ? SelectedOf(total) : null;

    /// <summary>Opens a video file, a folder of pictures or a picture.</summary>
    /// <param name="path">The file or folder. A folder's pictures are ordered by number if all names are numbers, else by name.</param>
    /// <param name="options">Which frames are read; null for all at their size.</param>
    /// <param name="cancellation">Stops looking.</param>
    /// <exception cref="MediaException">Missing, without video, damaged, too large, or ffmpeg is not installed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static VideoReader Open(string path, VideoReadOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new VideoReadOptions();
        options.Check();
        FrameSource source;
        if (Directory.Exists(path))
        {
            source = FolderSource.OfFolder(path, options.Limits);
        }
        else
        {
            ImageFormat format;
            using (var stream = MediaFile.OpenRead(path))
            {
                format = ImageFile.ReadInfo(stream, path).Format;
            }

            source = format is ImageFormat.Unknown or ImageFormat.Gif
                ? new FileSource(path, Ffmpeg.Probe(path, options.Limits, cancellation))
                : FolderSource.OfPicture(path, options.Limits);
        }

        options.Limits.Check(path, source.Info.Width, source.Info.Height);
        return new VideoReader(source, path, options);
    }

    /// <summary>Reads the frames in order.</summary>
    /// <param name="cancellation">Ends the enumeration and the decoder.</param>
    /// <exception cref="MediaException">
    /// While enumerating: the source is damaged or cut off (after the frames that could be decoded), or falls silent.
    /// </exception>
    /// <exception cref="OperationCanceledException">While enumerating: it was cancelled.</exception>
    public IEnumerable<VideoFrame> ReadFrames(CancellationToken cancellation = default)
    {
        using var frames = _source.Open(Options, Width, Height, cancellation);
        for (int i = 0; Options.Count is not { } count || i < count; i++)
        {
            if (frames.Next() is not { } image)
            {
                yield break;
            }

            yield return new VideoFrame(Options.Start + (i * Options.Stride), image);
        }
    }

    /// <summary>Reads the frames in order without blocking the caller's thread.</summary>
    /// <param name="cancellation">Ends the enumeration and the decoder.</param>
    /// <exception cref="MediaException">While enumerating: as <see cref="ReadFrames"/>.</exception>
    /// <exception cref="OperationCanceledException">While enumerating: it was cancelled.</exception>
    public async IAsyncEnumerable<VideoFrame> ReadFramesAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var frames = await Task.Run(() => _source.Open(Options, Width, Height, cancellation), cancellation).ConfigureAwait(false);
        for (int i = 0; Options.Count is not { } count || i < count; i++)
        {
            if (await Task.Run(frames.Next, cancellation).ConfigureAwait(false) is not { } image)
            {
                yield break;
            }

            yield return new VideoFrame(Options.Start + (i * Options.Stride), image);
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

    /// <summary>Every how manieth frame is taken, from <see cref="Start"/> on.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>At most so many frames; null for all.</summary>
    public int? Count { get; init; }

    /// <summary>Frames whose longer side exceeds so many pixels are scaled down to it; null keeps their size.</summary>
    public int? MaxSide { get; init; }

    /// <summary>What a frame may cost and how long a decoder may stay silent.</summary>
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
/// <param name="Index">Its number in the source, counted from 0; start and stride do not renumber.</param>
/// <param name="Image">The picture, upright; the receiver's to keep or change.</param>
public sealed record VideoFrame(int Index, RgbImage Image);
