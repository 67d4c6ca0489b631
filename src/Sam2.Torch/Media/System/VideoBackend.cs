namespace Sam2.Torch.Media;

/// <summary>Video of the <c>system</c> stack: ffprobe and ffmpeg as processes.</summary>
internal static class VideoBackend
{
    /// <summary>Asks ffprobe about the first video stream.</summary>
    public static VideoInfo Probe(string path, MediaLimits limits, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "-v", "error", .. Ffmpeg.InputOptions(limits), "-print_format", "json", "-show_format", "-show_streams", Ffmpeg.FileUrl(path),
        ];
        using var process = FfmpegProcess.Start("ffprobe", path, arguments, limits.Timeout, writes: false, cancellation);
        string answer = new StreamReader(process.Stream).ReadToEnd();
        var (exitCode, messages) = process.Finish();
        return exitCode == 0 ? VideoProbe.Parse(path, answer) : throw Ffmpeg.NotAVideo(path, messages, limits);
    }

    /// <summary>Starts decoding into a pipe.</summary>
    public static IMediaPipe OpenDecoder(
        string path, string[] input, string[] output, TimeSpan timeout, CancellationToken cancellation) =>
        FfmpegProcess.Start(
            "ffmpeg", path, [.. input, "-i", Ffmpeg.FileUrl(path), .. output, "pipe:1"], timeout, writes: false, cancellation);

    /// <summary>Starts encoding from a pipe into a file that does not exist yet.</summary>
    public static IMediaPipe OpenEncoder(
        string path, string[] input, string[] output, string file, TimeSpan timeout, CancellationToken cancellation) =>
        FfmpegProcess.Start(
            "ffmpeg", path, [.. input, "-i", "pipe:0", .. output, Ffmpeg.FileUrl(file)], timeout, writes: true, cancellation);
}
