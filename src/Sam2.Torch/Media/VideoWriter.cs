using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>
/// Writes an H.264 video frame by frame. The file appears under its name when <see cref="Complete"/> has finished it; disposing
/// before that leaves no file behind.
/// </summary>
public sealed class VideoWriter : IDisposable
{
    private static readonly string[] Endings = [".mp4", ".m4v", ".mov", ".mkv"];

    private readonly string _path;
    private readonly string _temporary;
    private readonly FfmpegPipe _pipe;
    private readonly byte[] _padded;
    private readonly TimedFrames? _timed;
    private bool _interrupted;
    private bool _finished;

    /// <summary>Starts a video.</summary>
    /// <param name="path">The file to create or replace: <c>.mp4</c>, <c>.m4v</c>, <c>.mov</c> or <c>.mkv</c>.</param>
    /// <param name="width">Width of the frames in pixels; an odd one gets a copy of its last column, as H.264 needs even sizes.</param>
    /// <param name="height">Height of the frames in pixels; likewise.</param>
    /// <param name="rate">Frames per second.</param>
    /// <param name="options">Quality; null for the default.</param>
    /// <param name="cancellationToken">Ends the encoder at once; no file is left behind.</param>
    /// <exception cref="MediaException">The extension is unknown, the folder is missing, or ffmpeg is not installed.</exception>
    public VideoWriter(
        string path, int width, int height, FrameRate rate, VideoWriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rate.Numerator, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rate.Denominator, 1);
        options ??= new VideoWriteOptions();
        options.Check();
        if (!Endings.Contains(Path.GetExtension(path).ToLowerInvariant()))
        {
            throw new MediaException(path, "has an ending that no video is written for", $"Use {string.Join(", ", Endings)}");
        }

        _path = path;
        _temporary = AtomicFile.TemporaryNameFor(path);
        if (!Directory.Exists(Path.GetDirectoryName(_temporary)))
        {
            throw new MediaException(path, "cannot be written because its folder does not exist", "Create the folder first");
        }

        Width = width;
        Height = height;
        int evenWidth = (width + 1) & ~1, evenHeight = (height + 1) & ~1;
        _padded = evenWidth == width && evenHeight == height ? [] : new byte[evenWidth * evenHeight * 3];
        _timed = options.TimeBase is { } unit ? new TimedFrames(path, evenWidth, evenHeight, rate, unit) : null;
        string[] input =
        [
            "-hide_banner", "-loglevel", "error",
            .. _timed?.InputOptions ??
            [
                "-f", "rawvideo", "-pixel_format", "rgb24",
                "-video_size", string.Create(CultureInfo.InvariantCulture, $"{evenWidth}x{evenHeight}"), "-framerate", rate.ToString(),
            ],
        ];

        // Colours are converted by the rule that players assume for tagged video; without tags they would guess by size.
        string[] output =
        [
            // On a full disk ffmpeg otherwise says so and ends with 0.
            "-xerror", "-an", "-vf",
            string.Create(
                CultureInfo.InvariantCulture,
                $"scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,setsar={options.PixelAspect.Width}/{options.PixelAspect.Height}"),
            "-c:v", "libx264", "-preset", options.Preset, "-crf", options.Crf.ToString(CultureInfo.InvariantCulture), "-pix_fmt", "yuv420p",
            "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-movflags", "+faststart",
            .. _timed?.OutputOptions ?? [],
        ];
        _pipe = Ffmpeg.OpenEncoder(path, input, output, _temporary, options.Timeout, cancellationToken);
    }

    /// <summary>Width of the frames in pixels.</summary>
    public int Width { get; }

    /// <summary>Height of the frames in pixels.</summary>
    public int Height { get; }

    /// <summary>Number of frames written.</summary>
    public int FrameCount { get; private set; }

    /// <summary>Adds a frame, which is shown as long after the last one as the rate says; blocks while the encoder is behind.</summary>
    /// <exception cref="ArgumentException">The picture has another size.</exception>
    /// <exception cref="MediaException">The encoder has failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, or the encoder was interrupted.</exception>
    public void Write(RgbImage frame) => Add(frame, null);

    /// <summary>Adds a frame that is shown from a given time on, until the next one; blocks while the encoder is behind.</summary>
    /// <param name="frame">The picture.</param>
    /// <param name="time">
    /// When it is shown, rounded to <see cref="VideoWriteOptions.TimeBase"/>; the video begins with its first frame, whatever the time of that is. A frame that
    /// isn't later than the one before is shown one unit after it.
    /// </param>
    /// <exception cref="InvalidOperationException">The video has a constant rate: <see cref="VideoWriteOptions.TimeBase"/> is not set.</exception>
    /// <exception cref="ArgumentException">The picture has another size.</exception>
    /// <exception cref="MediaException">The encoder has failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, or the encoder was interrupted.</exception>
    public void Write(RgbImage frame, TimeSpan time)
    {
        if (_timed is null)
        {
            throw new InvalidOperationException($"This video has a constant rate; set {nameof(VideoWriteOptions)}.{nameof(VideoWriteOptions.TimeBase)} for frames with times.");
        }

        Add(frame, time);
    }

    private void Add(RgbImage frame, TimeSpan? time)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ObjectDisposedException.ThrowIf(_finished, this);
        if (frame.Width != Width || frame.Height != Height)
        {
            throw new ArgumentException($"A frame of {frame.Width}×{frame.Height} does not fit a video of {Width}×{Height}.", nameof(frame));
        }

        try
        {
            _pipe.Watch();
            _timed?.WriteHeader(_pipe.Stream, time);
            _pipe.Stream.Write(_padded.Length > 0 ? Pad(frame) : frame.Pixels);
            _pipe.Unwatch();
            FrameCount++;
        }
        catch (IOException e)
        {
            var (exitCode, messages) = _pipe.Finish();
            if (exitCode == Ffmpeg.InterruptedExitCode)
            {
                // Ctrl-C reaches ffmpeg as well, which then closes the file properly; Complete may still put it in place.
                _interrupted = true;
                throw new OperationCanceledException("ffmpeg was interrupted.", e);
            }

            throw Failure(messages, e);
        }
    }

    /// <summary>Finishes the file and puts it under its name.</summary>
    /// <exception cref="MediaException">The encoder has failed, or no frame was written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (FrameCount == 0)
        {
            throw new MediaException(_path, "cannot be finished because no frame was written");
        }

        if (!_interrupted)
        {
            var (exitCode, messages) = _pipe.Finish();
            if (exitCode is not (0 or Ffmpeg.InterruptedExitCode))
            {
                throw Failure(messages, null);
            }
        }

        try
        {
            File.Move(_temporary, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(_path, $"cannot be put in place ({e.Message})", "Check the permissions", e);
        }

        Dispose();
    }

    /// <summary>Ends the encoder; unless <see cref="Complete"/> was called, nothing is left behind.</summary>
    public void Dispose()
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        _pipe.Dispose();
        if (File.Exists(_temporary))
        {
            File.Delete(_temporary);
        }
    }

    private MediaException Failure(string messages, Exception? inner) =>
        new(_path, $"cannot be encoded ({Ffmpeg.Summarise(messages)})", "Check the disk space, and that ffmpeg has libx264", inner);

    private byte[] Pad(RgbImage frame)
    {
        int stride = ((Width + 1) & ~1) * 3;
        for (int y = 0; y < Height; y++)
        {
            var row = _padded.AsSpan(y * stride, stride);
            frame.Row(y).CopyTo(row);
            if (Width % 2 != 0)
            {
                row[^6..^3].CopyTo(row[^3..]);
            }
        }

        if (Height % 2 != 0)
        {
            _padded.AsSpan((Height - 1) * stride, stride).CopyTo(_padded.AsSpan(Height * stride));
        }

        return _padded;
    }
}

/// <summary>How a video is encoded.</summary>
public sealed record VideoWriteOptions
{
    /// <summary>H.264's constant rate factor: 0 (lossless, huge) to 51 (poor, small); 18 looks like the original.</summary>
    public int Crf { get; init; } = 20;

    /// <summary>x264's trade of time for size: <c>ultrafast</c> … <c>veryslow</c>.</summary>
    public string Preset { get; init; } = "veryfast";

    /// <summary>Width and height of a pixel as it is shown; square ones unless set (<see cref="VideoInfo.PixelAspect"/>).</summary>
    public (int Width, int Height) PixelAspect { get; init; } = (1, 1);

    /// <summary>
    /// The unit in which the times of frames are written, as a fraction of a second, such as <see cref="VideoInfo.TimeBase"/>: the video's frames have times of
    /// their own. Null for a constant rate. Smaller units than a microsecond count as one; Matroska has milliseconds, whatever is asked for.
    /// </summary>
    public (int Numerator, int Denominator)? TimeBase { get; init; }

    /// <summary>How long the encoder may stay silent.</summary>
    public TimeSpan Timeout { get; init; } = MediaLimits.Default.Timeout;

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Crf);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Crf, 51);
        ArgumentOutOfRangeException.ThrowIfLessThan(PixelAspect.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PixelAspect.Height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TimeBase?.Numerator ?? 1, 1, nameof(TimeBase));
        ArgumentOutOfRangeException.ThrowIfLessThan(TimeBase?.Denominator ?? 1, 1, nameof(TimeBase));
        string[] presets = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"];
        if (!presets.Contains(Preset))
        {
            throw new ArgumentException($"'{Preset}' is not a preset. Use one of {string.Join(", ", presets)}.", nameof(Preset));
        }
    }
}
