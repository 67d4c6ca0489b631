using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Sam2.Torch.Runtime;

/// <summary>TorchSharp's native library or libtorch can't be loaded. The message says what is missing and what to install.</summary>
public sealed partial class TorchRuntimeException : Sam2Exception
{
    private TorchRuntimeException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>Turns what the system's loader says into advice.</summary>
    /// <param name="reason">The loader's words; empty if there is no file that could be loaded.</param>
    /// <param name="inner">The exception that revealed it, if any.</param>
    internal static TorchRuntimeException For(string reason, Exception? inner = null)
    {
        const string what = "TorchSharp's native library can't be loaded";
        if (reason.Length == 0)
        {
            var rid = RuntimeInformation.RuntimeIdentifier;
            return new($"{what}: libtorch is not installed beside the program. Add the package libtorch-cpu-{rid}, or TorchSharp-cuda-linux or TorchSharp-cuda-windows, to the program's project.", inner);
        }
        if (MissingFile().Match(reason) is { Success: true } file)
        {
            var package = file.Groups[1].Value switch
            {
                "libgomp.so.1" => " (Debian, Ubuntu: apt-get install libgomp1)",
                "libstdc++.so.6" => " (Debian, Ubuntu: apt-get install libstdc++6)",
                var name when name.StartsWith("libcu", StringComparison.Ordinal) || name.StartsWith("libnv", StringComparison.Ordinal) => ", which comes with CUDA",
                _ => "",
            };
            return new($"{what}: this system lacks {file.Groups[1].Value}. Install it{package}.", inner);
        }
        if (MissingVersion().Match(reason) is { Success: true } version)
            return new($"{what}: it needs {version.Groups[1].Value}, which is newer than this system's. It needs glibc 2.34 and the C++ library of GCC 12, as Debian 12 and Ubuntu 22.04 have them.", inner);
        // On Linux and macOS .NET first recommends tools, and gives the loader's words after that.
        var lines = reason.Trim().Split('\n', StringSplitOptions.TrimEntries);
        var first = lines.Length > 1 && lines[0].StartsWith("Unable to load shared library", StringComparison.Ordinal) ? lines[1] : lines[0];
        return new(OperatingSystem.IsWindows()
            ? $"{what} ({first}). Install the Visual C++ Redistributable for Visual Studio 2022."
            : $"{what}: {first}", inner);
    }

    [GeneratedRegex(@"(lib[\w+.\-]+\.so[\w.]*): cannot open shared object file")]
    private static partial Regex MissingFile();

    [GeneratedRegex(@"version `([A-Z]+_[0-9.]+)' not found")]
    private static partial Regex MissingVersion();
}
