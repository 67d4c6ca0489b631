namespace Sam2.Torch.Media;

/// <summary>Where ffmpeg and ffprobe are, and how a file is named to them.</summary>
internal static class Ffmpeg
{
    private const string Install =
        "Install it: 'sudo apt-get install ffmpeg' on Debian or Ubuntu, 'brew install ffmpeg' on macOS, 'winget install ffmpeg' on Windows";

    /// <summary>What ffmpeg returns after a signal such as Ctrl-C, having closed its files properly.</summary>
    public const int InterruptedExitCode = 255;

    /// <summary>The full path of <c>ffmpeg</c> or <c>ffprobe</c>, looked up in PATH at every call.</summary>
    /// <param name="tool">The program's name without ending.</param>
    /// <param name="path">The file that is to be read or written, for the message.</param>
    /// <exception cref="MediaException">It is not installed; the message says how to install it.</exception>
    public static string Locate(string tool, string path)
    {
        string name = OperatingSystem.IsWindows() ? tool + ".exe" : tool;
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            // Relative entries would let the current folder supply the program.
            if (Path.IsPathFullyQualified(folder) && File.Exists(Path.Combine(folder, name)))
            {
                return Path.Combine(folder, name);
            }
        }

        throw new MediaException(path, $"needs {tool}, which was not found in PATH", Install);
    }

    /// <summary>A name that ffmpeg takes for a file whatever it looks like (an option, a protocol, a pattern).</summary>
    public static string FileUrl(string path) => "file:" + Path.GetFullPath(path);

    /// <summary>
    /// Options before an input: only local files may be opened, also by playlists inside them, and a decoder that meets more
    /// pixels than the limit stops by itself.
    /// </summary>
    public static string[] InputOptions(MediaLimits limits) =>
        ["-protocol_whitelist", "file,pipe", "-max_pixels", Math.Min(limits.MaxPixels, int.MaxValue).ToString()];

    /// <summary>The line of ffmpeg's messages that says most: the last one that is not empty.</summary>
    public static string Summarise(string messages)
    {
        string line = messages.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
        return line.Length == 0 ? "ffmpeg gave no reason" : $"ffmpeg says: {line.TrimEnd('.')}";
    }

    /// <summary>The error for a file that ffprobe refuses.</summary>
    public static MediaException NotAVideo(string path, string messages, MediaLimits limits, Exception? inner = null) =>
        messages.Contains("max pixel count", StringComparison.Ordinal)
            ? new MediaException(
                path,
                $"has frames above the limit of {limits.MaxPixels / 1e6:0.######} megapixels",
                "Scale it down, or raise the limit if the file is trusted",
                inner)
            : new MediaException(
                path, $"is not a video that can be read ({Summarise(messages)})", "The file is damaged, cut off or not a video", inner);
}
