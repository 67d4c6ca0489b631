using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FFMpegCore;
using FFMpegCore.Exceptions;

namespace Sam2.Torch.Media;

/// <summary>
/// Runs ffprobe, and ffmpeg with arguments that FFMpegCore makes. Files are passed by their full path between quotation marks, so that no name is
/// taken for an option, a protocol or a pattern.
/// </summary>
internal static partial class Ffmpeg
{
    /// <summary>What ffmpeg returns after a signal such as Ctrl-C, once it has closed its files properly.</summary>
    public const int InterruptedExitCode = 255;

    private static readonly Version FirstWithFpsMode = new(5, 1);

    /// <summary>Whether programs, by their full path, are older than that.</summary>
    private static readonly ConcurrentDictionary<string, bool> OldPrograms = new(StringComparer.Ordinal);

    private const string Install =
        "Install it: 'sudo apt-get install ffmpeg' on Debian or Ubuntu, 'brew install ffmpeg' on macOS, 'winget install ffmpeg' on Windows";

    /// <summary>Asks ffprobe about the first video stream that is not a cover picture.</summary>
    /// <exception cref="MediaException">There is none, the file cannot be read, or ffprobe is missing or hangs.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static VideoInfo Probe(string path, MediaLimits limits, CancellationToken cancellationToken)
    {
        var options = new FFOptions { BinaryFolder = Path.GetDirectoryName(FindTool("ffprobe", path))! };
        using var name = new PlainName(path);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limits.Timeout);
        try
        {
            // FFMpegCore kills ffprobe at the time limit, but then waits for whoever else holds its output open.
            var answer = FFProbe.AnalyseAsync(name.Path, options, Join(InputOptions(limits)), timeout.Token);
            return Describe(path, answer.WaitAsync(limits.Timeout + TimeSpan.FromSeconds(1), cancellationToken).GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new MediaException(path, $"kept ffprobe silent for {limits.Timeout.TotalSeconds:0} s, so it was stopped", "The file may be damaged", e);
        }
        catch (Win32Exception e)
        {
            throw FfmpegPipe.NotStarted(path, "ffprobe", e);
        }
        catch (FFMpegException e) when (e is not FormatNullException)
        {
            throw Refusal(path, e, limits);
        }
        catch (Exception e) when (e is FormatNullException or JsonException or FormatException or ArgumentException or OverflowException or InvalidOperationException or NullReferenceException)
        {
            // FFMpegCore relies on what an ffprobe that works always says.
            throw new MediaException(path, $"got an answer from ffprobe that is not understood ({e.Message.TrimEnd('.')})", "Check the installation of ffmpeg", e);
        }
    }

    /// <summary>
    /// Options before an input: nothing but the file itself may be opened, so neither the network nor, through a playlist, another file;
    /// and a decoder that meets more pixels than the limit stops by itself.
    /// </summary>
    public static string[] InputOptions(MediaLimits limits) =>
    [
        "-protocol_whitelist", "file,pipe", "-format_whitelist", ContainerFormats.Whitelist,
        "-max_pixels", Math.Min(limits.MaxPixels, int.MaxValue).ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Starts decoding into a pipe.</summary>
    /// <param name="path">The file.</param>
    /// <param name="input">Options of the input.</param>
    /// <param name="output">Options of the output, the raw stream.</param>
    /// <param name="timeout">How long ffmpeg may stay silent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="times">Gets the times of frames, where its filter prints them.</param>
    public static FfmpegPipe OpenDecoder(
        string path, string[] input, string[] output, TimeSpan timeout, CancellationToken cancellationToken, FrameTimes? times = null)
    {
        var arguments = FFMpegArguments
            .FromFileInput(Quote(Path.GetFullPath(path)), verifyExists: false, o => o.WithCustomArgument(Join(input)))
            .OutputToUrl("pipe:1", o => o.WithCustomArgument(Join(output)));
        return new FfmpegPipe(path, writes: false, FindTool("ffmpeg", path), arguments.Arguments, timeout, cancellationToken, times);
    }

    /// <summary>Starts encoding from a pipe into a file that does not exist yet.</summary>
    /// <param name="path">The file's final name, for messages.</param>
    /// <param name="input">Options of the input, the raw stream.</param>
    /// <param name="output">Options of the output.</param>
    /// <param name="file">The file to create.</param>
    /// <param name="timeout">How long ffmpeg may stay silent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static FfmpegPipe OpenEncoder(string path, string[] input, string[] output, string file, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var arguments = FFMpegArguments
            .FromFileInput("pipe:0", verifyExists: false, o => o.WithCustomArgument(Join(input)))
            .OutputToFile(Quote(Path.GetFullPath(file)), overwrite: false, o => o.WithCustomArgument(Join(output)));
        return new FfmpegPipe(path, writes: true, FindTool("ffmpeg", path), arguments.Arguments, timeout, cancellationToken);
    }

    /// <summary>The option that has every frame written once, at its own time; it has had two names.</summary>
    /// <param name="path">The file concerned, for messages.</param>
    public static string[] PassThrough(string path) => OldPrograms.GetOrAdd(FindTool("ffmpeg", path), program =>
    {
        using var pipe = new FfmpegPipe(path, writes: false, program, "-version", MediaLimits.Default.Timeout, CancellationToken.None);
        using var reader = new StreamReader(pipe.Stream);
        var version = VersionLine().Match(reader.ReadLine() ?? "");
        return version.Success && System.Version.Parse(version.Groups[1].Value) < FirstWithFpsMode;
    }) ? ["-vsync", "passthrough"] : ["-fps_mode", "passthrough"];

    /// <summary>The most telling line of ffmpeg's messages: the last one that is not empty.</summary>
    public static string Summarise(string messages)
    {
        string line = messages.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
        return line.Length == 0 ? "ffmpeg gave no reason" : $"ffmpeg says: {line.TrimEnd('.')}";
    }

    /// <summary>Says why ffprobe gave no answer.</summary>
    private static MediaException Refusal(string path, FFMpegException e, MediaLimits limits)
    {
        if (e.Message.Contains("max pixel count", StringComparison.Ordinal))
        {
            return new MediaException(
                path, $"has frames above the limit of {limits.MaxPixels / 1e6:0.######} megapixels", "Scale it down; in code, MediaLimits.MaxPixels can be raised where the file is trusted", e);
        }

        if (RefusedFormat().Match(e.Message) is { Success: true } format)
        {
            return new MediaException(
                path, $"is of the kind '{format.Groups[1].Value}', which is not read because it may lead to other files", "Make an MP4 or MKV file of it with ffmpeg, if you trust it", e);
        }

        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            return new MediaException(path, "is empty", "Copy or download it again", e);
        }

        return new MediaException(path, $"is not a video that can be read ({Summarise(e.Message.TrimEnd(')'))})", "The file is damaged, cut off or not a video", e);
    }

    private static VideoInfo Describe(string path, IMediaAnalysis analysis)
    {
        var stream = analysis.VideoStreams.FirstOrDefault(s => !(s.Disposition?.GetValueOrDefault("attached_pic") ?? false))
            ?? throw new MediaException(path, "has no video stream", "Name a video, a picture or a folder of pictures; a video may have lost the end, where some kinds say what is in them");
        bool isSideways = stream.Rotation % 180 is 90 or -90;
        var (width, height) = (stream.Width ?? 0, stream.Height ?? 0);
        var duration = stream.Duration > TimeSpan.Zero ? stream.Duration : analysis.Format.Duration;

        // Exact rates and the number of frames are only in the raw output of ffprobe.
        var literal = analysis.Raw.Streams.First(s => s.Index == stream.Index);
        return new VideoInfo(
            isSideways ? height : width,
            isSideways ? width : height,
            FrameRate.Parse(literal.AvgFrameRate) ?? FrameRate.Parse(literal.FrameRate),
            stream.Rotation,
            duration > TimeSpan.Zero ? duration : null,
            literal.ExtensionData.TryGetValue("nb_frames", out var count)
                && long.TryParse(count.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long frames) && frames >= 1 ? frames : null)
        {
            TimeBase = FrameRate.Parse(literal.ExtensionData.TryGetValue("time_base", out var unit) ? unit.ToString() : null) is { } u
                ? (u.Numerator, u.Denominator) : null,
            PixelAspect = stream.SampleAspectRatio is ( > 0, > 0) and var (x, y) ? isSideways ? (y, x) : (x, y) : (1, 1),
        };
    }

    /// <summary>The full path of a tool. A program of that name in the current folder is not meant.</summary>
    /// <exception cref="MediaException">The tool is not in PATH; the message says how to install it.</exception>
    private static string FindTool(string tool, string path)
    {
        string name = OperatingSystem.IsWindows() ? tool + ".exe" : tool;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new MediaException(path, $"needs {tool}, which was not found in PATH", Install);
    }

    private static string Join(string[] arguments) => string.Join(' ', arguments.Select(a => $"\"{Quote(a)}\""));

    /// <summary>
    /// FFMpegCore puts names between quotation marks and joins all arguments into one text; marks inside a name must not end it.
    /// Backslashes count double where a quotation mark follows.
    /// </summary>
    private static string Quote(string text) => BeforeMark().Replace(
        text, m => m.Groups[1].Value + m.Groups[1].Value + (m.Groups[2].Length > 0 ? "\\\"" : ""));

    [GeneratedRegex(@"(\\*)(""|$)")]
    private static partial Regex BeforeMark();

    [GeneratedRegex(@"^ffmpeg version n?(\d{1,4}\.\d{1,4})\b")]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"\[(\w+)[^\]]*\] Format not on whitelist")]
    private static partial Regex RefusedFormat();

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

/// <summary>
/// The containers and streams that ffmpeg may read. Its playlists (HLS, DASH, concat, IMF, WebM manifests, SDP, picture patterns) are not
/// among them: whatever its name, such a file would lead ffmpeg to other files of this machine, which then appear in the results. Nor
/// are devices, graphs of filters (lavfi) and drawings that may name other files (SVG).
/// </summary>
internal static class ContainerFormats
{
    private static readonly string[] Containers =
    [
        "mov", "matroska", "avi", "mpegts", "mpegtsraw", "mpeg", "ogg", "flv", "live_flv", "asf", "asf_o", "mxf", "gxf", "nut", "rm", "swf", "dv", "wtv", "nsv",
        "nuv", "pva", "yuv4mpegpipe", "ivf", "fits", "ser", "r3d", "cine", "lvf", "lxf", "mgsts", "dhav", "mtv", "mcc",
    ];

    private static readonly string[] Streams =
    [
        "mpegvideo", "m4v", "mjpeg", "mjpeg_2000", "mpjpeg", "h261", "h263", "h264", "hevc", "vvc", "evc", "av1", "obu", "vc1", "vc1test", "dirac", "dnxhd",
        "cavsvideo", "avs", "avs2", "avs3", "ipu", "smjpeg", "xmv", "gif", "apng", "jpegxl_anim", "webp", "ico",
    ];

    /// <summary>Videos of games and of earlier days.</summary>
    private static readonly string[] Older =
    [
        "4xm", "alias_pix", "amv", "anm", "bethsoftvid", "bfi", "bink", "c93", "cdxl", "dfa", "dxa", "dsicin", "ea", "ea_cdata", "film_cpk", "filmstrip", "flic", "frm",
        "gdv", "hnm", "idcin", "iff", "ifv", "ipmovie", "iv8", "jv", "kux", "lmlm4", "luodat", "mm", "moflex", "mods", "mv", "mvi", "mxg", "nc", "paf", "pmp",
        "psxstr", "rl2", "roq", "rpl", "siff", "smk", "smush", "svs", "thp", "tiertexseq", "tmv", "txd", "ty", "usm", "vividas", "vivo", "vmd", "wc3movie", "wsvqa", "xa", "yop",
    ];

    /// <summary>Single pictures that ffmpeg tells by their content. Patterns of names, which stand for many files, are "image2".</summary>
    private static readonly string[] Pictures =
    [
        "bmp", "cri", "dds", "dpx", "exr", "gem", "gif", "hdr", "j2k", "jpeg", "jpegls", "jpegxl", "jpegxs", "pam", "pbm", "pcx", "pfm", "pgm", "pgmyuv", "pgx", "phm",
        "photocd", "pictor", "png", "ppm", "psd", "qdraw", "qoi", "sgi", "sunrast", "tiff", "vbn", "webp", "xbm", "xpm", "xwd",
    ];

    /// <summary>Sound alone, which is no video, but a file that can be told from a damaged one.</summary>
    private static readonly string[] Sounds = ["wav", "w64", "mp3", "aac", "ac3", "eac3", "flac", "aiff", "caf", "au"];

    /// <summary>What ffmpeg calls them, separated by commas. Names that a version doesn't know do no harm.</summary>
    public static string Whitelist { get; } = string.Join(',', [.. Containers, .. Streams, .. Older, .. Sounds, .. Pictures.Select(name => name + "_pipe")]);
}
