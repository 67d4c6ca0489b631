using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>Something that has frames: a file or a list of pictures.</summary>
internal abstract class FrameSource
{
    /// <summary>What is known without reading frames.</summary>
    public abstract VideoInfo Info { get; }

    /// <summary>The name of a frame without its ending, where frames have names; null where they don't, and beyond the last.</summary>
    public virtual string? NameOf(long frame) => null;

    /// <summary>Begins to read the selected frames, scaled to a size.</summary>
    public abstract IFrameStream Open(VideoReadOptions options, int width, int height, CancellationToken cancellationToken);
}

/// <summary>Frames being read. Disposing ends whatever decodes them.</summary>
internal interface IFrameStream : IDisposable
{
    /// <summary>The next frame, or null at the end.</summary>
    TimedImage? Next();
}

/// <summary>A video file, decoded by ffmpeg into a pipe of raw RGB frames.</summary>
internal sealed class VideoFileSource(string path, VideoInfo info) : FrameSource
{
    private static readonly (int, int) DefaultUnit = (1, 90_000);

    public override VideoInfo Info => info;

    public override IFrameStream Open(VideoReadOptions options, int width, int height, CancellationToken cancellationToken)
    {
        var times = new FrameTimes(info.TimeBase ?? DefaultUnit);
        string[] input = ["-hide_banner", "-nostats", "-loglevel", FrameTimes.LogLevel, "-nostdin", .. Ffmpeg.InputOptions(options.Limits)];

        // The first video stream that is not a cover picture. Its frames are numbered anew and stamped one by one, so that a
        // variable frame rate neither repeats nor drops any; -fps_mode would say the same but is not known to every version.
        string[] output =
        [
            "-map", "0:V:0", "-vf", Filter(options, times, width, height), "-r", "25",
            .. options.Count is { } count ? new[] { "-frames:v", count.ToString(CultureInfo.InvariantCulture) } : [],
            "-f", "rawvideo",
        ];
        return new FramesAhead(
            stop => new RawFrames(path, info, options, width, height, Ffmpeg.OpenDecoder(path, input, output, options.Limits.Timeout, stop, times), times),
            FramesAhead.CapacityFor(width, height), cancellationToken);
    }

    private static string Filter(VideoReadOptions options, FrameTimes times, int width, int height)
    {
        var filters = new List<string>();
        if (options.Start > 0 || options.Stride > 1)
        {
            filters.Add(string.Create(
                CultureInfo.InvariantCulture, $"select=gte(n\\,{options.Start})*not(mod(n-{options.Start}\\,{options.Stride}))"));
        }

        filters.Add(times.Filter);

        // Scaling is stated even when the size stays: a stream that changes its size midway must not shift the raw frames.
        filters.Add(string.Create(CultureInfo.InvariantCulture, $"scale={width}:{height}:flags=area+accurate_rnd+full_chroma_int"));
        filters.Add("format=rgb24,settb=1/25,setpts=N");
        return string.Join(',', filters);
    }

    /// <summary>Cuts a pipe of raw RGB into frames and turns a bad end into an error after the frames that could be decoded.</summary>
    private sealed class RawFrames(
        string path, VideoInfo info, VideoReadOptions options, int width, int height, FfmpegPipe pipe, FrameTimes times) : IFrameStream
    {
        private long _frames;

        public TimedImage? Next()
        {
            var pixels = GC.AllocateUninitializedArray<byte>(checked(width * height * 3));
            int have = 0;
            int got;
            pipe.Watch();
            while (have < pixels.Length && (got = pipe.Stream.Read(pixels, have, pixels.Length - have)) > 0)
            {
                have += got;
                pipe.Watch();
            }

            if (have == pixels.Length)
            {
                var time = times.Next(() => pipe.HasEnded);
                pipe.Unwatch();
                _frames++;
                return new TimedImage(new RgbImage(width, height, pixels), time);
            }

            Finish(have > 0);
            return null;
        }

        public void Dispose() => pipe.Dispose();

        private void Finish(bool halfFrame)
        {
            var (exitCode, messages) = pipe.Finish();
            if (exitCode == Ffmpeg.InterruptedExitCode)
            {
                throw new OperationCanceledException("ffmpeg was interrupted.");
            }

            bool failed = exitCode != 0 || halfFrame || (messages.Length > 0 && IsShort());
            if (failed)
            {
                string expected = info.ExpectedFrameCount is { } count ? $" of about {count}" : "";
                throw new MediaException(
                    path,
                    _frames == 0 ? $"cannot be decoded ({Ffmpeg.Summarise(messages)})" : $"ends early: {options.Start + (_frames * options.Stride)}{expected} frames could be decoded ({Ffmpeg.Summarise(messages)})",
                    "The file is damaged or cut off; copy it again");
            }

            if (_frames == 0 && options.Start == 0)
            {
                throw new MediaException(path, "has no frame that could be decoded", "The file is probably damaged");
            }
        }

        /// <summary>Whether clearly fewer frames came than were announced; ffmpeg also complains about harmless flaws.</summary>
        private bool IsShort()
        {
            if (_frames == options.Count)
            {
                return false;
            }

            // Where the length is unknown, ffmpeg's complaints are believed.
            return info.ExpectedFrameCount is not { } expected
                || options.Start + ((_frames + 1) * options.Stride) < expected - (info.FrameCount is null ? Math.Max(2, expected / 50) : 0);
        }
    }
}

/// <summary>Pictures as the frames of a video.</summary>
internal sealed class PictureSource : FrameSource
{
    private readonly string[] _files;

    private PictureSource(string[] files, MediaLimits limits)
    {
        _files = files;
        var first = ImageFile.ReadInfo(files[0]);
        limits.Check(files[0], first.Width, first.Height);
        Info = new VideoInfo(first.Width, first.Height, null, 0, null, files.Length);
    }

    public override VideoInfo Info { get; }

    public override string? NameOf(long frame) => frame >= 0 && frame < _files.Length ? Path.GetFileNameWithoutExtension(_files[frame]) : null;

    public static PictureSource OfPicture(string path, MediaLimits limits) => new([path], limits);

    public static PictureSource OfFolder(string folder, MediaLimits limits)
    {
        string[] files = PictureFolder.Frames(folder);
        if (files.Length == 0)
        {
            throw new MediaException(folder, "holds no pictures", $"Frames end in {string.Join(", ", ImageFile.Extensions)}");
        }

        return new PictureSource(files, limits);
    }

    public override IFrameStream Open(VideoReadOptions options, int width, int height, CancellationToken cancellationToken)
    {
        var selected = new List<string>();
        for (long i = options.Start; i < _files.Length && selected.Count < (options.Count ?? int.MaxValue); i += options.Stride)
        {
            selected.Add(_files[i]);
        }

        return new PictureStream(selected, Info, options, width, height, cancellationToken);
    }

    /// <summary>Decodes the next picture while the last one is being worked on.</summary>
    private sealed class PictureStream(
        List<string> files, VideoInfo info, VideoReadOptions options, int width, int height, CancellationToken cancellationToken) : IFrameStream
    {
        private int _position;
        private Task<RgbImage>? _next;

        public TimedImage? Next()
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_position >= files.Count)
            {
                return null;
            }

            var current = _next ?? Read(_position);
            _next = ++_position < files.Count ? Read(_position) : null;
            return new TimedImage(current.GetAwaiter().GetResult(), null);
        }

        public void Dispose()
        {
            // A picture that is being decoded is finished and dropped; whether that fails no longer matters.
            _next?.ContinueWith(t => t.Exception, TaskScheduler.Default).GetAwaiter().GetResult();
        }

        private Task<RgbImage> Read(int index) => Task.Run(() =>
        {
            var image = ImageFile.Read(files[index], options.Limits, options.Range, cancellationToken);
            return image.Width == info.Width && image.Height == info.Height
                ? ImageResize.Shrink(image, width, height)
                : throw new MediaException(
                    files[index],
                    $"is {image.Width}×{image.Height}, but the first frame is {info.Width}×{info.Height}",
                    "Frames of a folder need to be of one size");
        });
    }
}
