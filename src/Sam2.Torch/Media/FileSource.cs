using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>A video file, decoded by ffmpeg into a pipe of raw RGB frames.</summary>
internal sealed class FileSource(string path, VideoInfo info) : FrameSource
{
    public override VideoInfo Info => info;

    public override IFrameStream Open(VideoReadOptions options, int width, int height, CancellationToken cancellation)
    {
        string[] input = ["-hide_banner", "-loglevel", "error", "-nostdin", .. Ffmpeg.InputOptions(options.Limits)];

        // The first video stream that is not a cover picture. Its frames are numbered anew and stamped one by one, so that a
        // variable frame rate neither repeats nor drops any; -fps_mode would say the same but is not known to every version.
        string[] output =
        [
            "-map", "0:V:0", "-vf", Filter(options, width, height), "-r", "25",
            .. options.Count is { } count ? new[] { "-frames:v", count.ToString(CultureInfo.InvariantCulture) } : [],
            "-f", "rawvideo",
        ];
        var pipe = Ffmpeg.OpenDecoder(path, input, output, options.Limits.Timeout, cancellation);
        return new RawFrames(path, info, options, width, height, pipe);
    }

    private static string Filter(VideoReadOptions options, int width, int height)
    {
        var filters = new List<string>();
        if (options.Start > 0 || options.Stride > 1)
        {
            filters.Add(string.Create(
                CultureInfo.InvariantCulture, $"select=gte(n\\,{options.Start})*not(mod(n-{options.Start}\\,{options.Stride}))"));
        }

        // Scaling is stated even when the size stays: a stream that changes its size midway must not shift the raw frames.
        filters.Add(string.Create(CultureInfo.InvariantCulture, $"scale={width}:{height}:flags=area+accurate_rnd+full_chroma_int"));
        filters.Add("format=rgb24,settb=1/25,setpts=N");
        return string.Join(',', filters);
    }

    /// <summary>Cuts a pipe of raw RGB into frames and turns a bad end into an error after the frames that could be decoded.</summary>
    private sealed class RawFrames(
        string path, VideoInfo info, VideoReadOptions options, int width, int height, FfmpegPipe pipe) : IFrameStream
    {
        private long _frames;

        public RgbImage? Next()
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
                pipe.Unwatch();
                _frames++;
                return new RgbImage(width, height, pixels);
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

            // Unknown lengths give complaints the benefit of the doubt in the other direction.
            return info.ExpectedFrameCount is not { } expected
                || options.Start + ((_frames + 1) * options.Stride) < expected - (info.FrameCount is null ? Math.Max(2, expected / 50) : 0);
        }
    }
}
