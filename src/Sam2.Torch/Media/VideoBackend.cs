using System.Text.RegularExpressions;
using FFMpegCore;
using FFMpegCore.Exceptions;
using FFMpegCore.Pipes;

namespace Sam2.Torch.Media;

/// <summary>Video of the <c>nuget</c> stack: FFMpegCore.</summary>
internal static class VideoBackend
{
    /// <summary>Asks ffprobe about the first video stream.</summary>
    public static VideoInfo Probe(string path, MediaLimits limits, CancellationToken cancellation)
    {
        var options = Options("ffprobe", path);
        using var name = new PlainName(path);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limits.Timeout);
        try
        {
            var analysis = FFProbe.AnalyseAsync(
                name.Path, options, Join(Ffmpeg.InputOptions(limits)), timeout.Token).GetAwaiter().GetResult();
            return VideoProbe.Parse(path, analysis.Json);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new MediaException(path, $"kept ffprobe silent for {limits.Timeout.TotalSeconds:0} s, so it was stopped", "The file may be damaged", e);
        }
        catch (FFMpegException e)
        {
            throw Ffmpeg.NotAVideo(path, e.Message.TrimEnd(')'), limits, e);
        }
    }

    /// <summary>Starts decoding into a pipe.</summary>
    public static IMediaPipe OpenDecoder(
        string path, string[] input, string[] output, TimeSpan timeout, CancellationToken cancellation)
    {
        var options = Options("ffmpeg", path);
        return new FfmpegCorePipe(path, writes: false, timeout, cancellation, (stream, stop, onError) => FFMpegArguments
            .FromFileInput(Quote(Path.GetFullPath(path)), verifyExists: false, o => o.WithCustomArgument(Join(input)))
            .OutputToPipe(new StreamPipeSink((from, token) => from.CopyToAsync(stream, token)), o => o.WithCustomArgument(Join(output)))
            .NotifyOnStandardError(onError)
            .CancellableThrough(stop, TimeSpan.Zero)
            .ProcessAsynchronously(throwOnError: false, options));
    }

    /// <summary>Starts encoding from a pipe into a file that does not exist yet.</summary>
    public static IMediaPipe OpenEncoder(
        string path, string[] input, string[] output, string file, TimeSpan timeout, CancellationToken cancellation)
    {
        var options = Options("ffmpeg", path);
        return new FfmpegCorePipe(path, writes: true, timeout, cancellation, (stream, stop, onError) => FFMpegArguments
            .FromPipeInput(new StreamPipeSource(stream) { Format = null! }, o => o.WithCustomArgument(Join(input)))
            .OutputToFile(Quote(Path.GetFullPath(file)), overwrite: false, o => o.WithCustomArgument(Join(output)))
            .NotifyOnStandardError(onError)
            .CancellableThrough(stop, TimeSpan.Zero)
            .ProcessAsynchronously(throwOnError: false, options));
    }

    private static FFOptions Options(string tool, string path) =>
        new() { BinaryFolder = Path.GetDirectoryName(Ffmpeg.Locate(tool, path))! };

    private static string Join(string[] arguments) => string.Join(' ', arguments.Select(a => $"\"{Quote(a)}\""));

    /// <summary>
    /// FFMpegCore puts names between quotation marks and joins all arguments into one text; marks inside a name must not end it.
    /// Backslashes count double where a quotation mark follows.
    /// </summary>
    private static string Quote(string text) =>
        Regex.Replace(text, @"(\\*)(""|$)", m => m.Groups[1].Value + m.Groups[1].Value + (m.Groups[2].Length > 0 ? "\\\"" : ""));

    /// <summary>
    /// A file's name in a form that can be passed on unquoted: FFProbe insists that the name as given exists. On Unix, where
    /// quotation marks and backslashes may be part of names, a link with a harmless name stands in.
    /// </summary>
    private sealed class PlainName : IDisposable
    {
        private readonly string? _link;

        public PlainName(string path)
        {
            Path = System.IO.Path.GetFullPath(path);
            if (!OperatingSystem.IsWindows() && Path.AsSpan().ContainsAny('"', '\\'))
            {
                _link = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"sam2-{Guid.NewGuid():N}");
                File.CreateSymbolicLink(_link, Path);
                Path = _link;
            }
        }

        public string Path { get; }

        public void Dispose()
        {
            if (_link is not null)
            {
                File.Delete(_link);
            }
        }
    }
}
