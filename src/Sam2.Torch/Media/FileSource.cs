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
        var pipe = VideoBackend.OpenDecoder(path, input, output, options.Limits.Timeout, cancellation);
        return new RawFrameStream(path, info, options, width, height, pipe);
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
}
