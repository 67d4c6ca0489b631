using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using TorchSharp;

namespace Sam2.Torch.Runtime;

/// <summary>
/// Loads TorchSharp's native library, also on Linux systems whose C++ library is older than the one it was built with (Debian 12,
/// Ubuntu 22.04).
/// </summary>
/// <remarks>
/// <para>
/// <c>libLibTorchSharp.so</c> 0.107 asks for version <c>GLIBCXX_3.4.32</c> of libstdc++ for one symbol, which a header of GCC 13 mentions
/// and nothing uses. Where the system's loader refuses the library for such a reason, a copy in which the version is marked weak is
/// loaded instead; the installed file is never changed. Where the library loads as it is, nothing of this happens.
/// </para>
/// <para>
/// A program that references the package <c>Sam2.Torch</c> need not do anything: the package adds a call of <see cref="Prepare"/> to
/// C# programs, which they run when they start. Programs in other languages call it before they first use TorchSharp.
/// </para>
/// </remarks>
public static partial class TorchRuntime
{
    private const string NativeName = "LibTorchSharp";

    /// <summary>What the native library needs, in the order in which it can be loaded.</summary>
    private static readonly string[] Dependencies = ["c10", "torch_cpu", "torch"];

    private static readonly Lock Gate = new();
    private static bool _prepared;
    private static bool _loaded;
    private static IntPtr _copy;
    private static string? _refusal;

    /// <summary>Makes sure that TorchSharp will find a native library that can be loaded. Loads nothing yet; costs nothing.</summary>
    public static void Prepare()
    {
        lock (Gate)
        {
            if (_prepared || !OperatingSystem.IsLinux()) return;
            _prepared = true;
            var context = AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly) ?? AssemblyLoadContext.Default;
            context.ResolvingUnmanagedDll += Resolve;
        }
    }

    /// <summary>Loads TorchSharp's native library and libtorch now, unless they are loaded.</summary>
    /// <remarks>
    /// <para>
    /// Switches NNPACK off for the process, as <c>torch.backends.nnpack.set_flags(False)</c> does in Python. libtorch asks for it before
    /// each small convolution, and prints a warning each time where it doesn't know the processor (as on AMD's Zen 5). It would use it only
    /// for batches of 16 and more, which oneDNN has taken by then, so nothing else changes.
    /// </para>
    /// <para>
    /// Where oneDNN's convolutions are wrong, they are switched off too, as by <c>torch.backends.mkldnn.set_flags(False)</c>. With AVX-512 they go through
    /// channels in blocks of 16, the last of which is filled with zeros; on a virtual machine with AMD's Zen 5 it was not, so that what had been in that memory before
    /// was added to 24 channels in float32, and to a mask's single channel in bfloat16. This is oneDNN 3.7.1, which libtorch 2.10 contains; 2.6 was right. The linear layers of
    /// <see cref="OneDnn"/> are right, and stay on, as do the library's convolutions that are; other modules' become slow, and their products in bfloat16.
    /// </para>
    /// </remarks>
    /// <exception cref="TorchRuntimeException">They can't be loaded; says what is missing and what to install.</exception>
    public static void EnsureLoaded()
    {
        Prepare();
        lock (Gate)
        {
            if (_loaded) return;
            // TorchSharp prints pages about a library that can't be loaded, so this finds out first.
            var assembly = typeof(torch).Assembly;
            _ = NativeLibrary.TryLoad("torch_cpu", assembly, null, out var libtorch);
            if (!NativeLibrary.TryLoad(NativeName, assembly, null, out _)) throw TorchRuntimeException.For(Reason(assembly));
            try
            {
                torch.InitializeDeviceType(DeviceType.CPU);
            }
            catch (Exception e) when (e is NotSupportedException or TypeInitializationException or DllNotFoundException)
            {
                throw TorchRuntimeException.For(e.Message, e);
            }
            SwitchOff(libtorch, "_ZN2at7Context20setUserEnabledNNPACKEb");
            if (Avx512F.IsSupported && !ConvolutionsAreRight())
            {
                SwitchOff(libtorch, "_ZN2at7Context20setUserEnabledMkldnnEb");
                OneDnnConvolution.IsNeeded = true;
            }
            _loaded = true;
        }
    }

    /// <summary>Whether a convolution whose channels don't fill their last block gives the right sums, in memory that holds something else.</summary>
    private static bool ConvolutionsAreRight()
    {
        const int channels = 24, side = 3, sum = channels * side * side;
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            // As large as the weights with whole blocks, so that these are likely to get this memory.
            foreach (var remains in Enumerable.Range(0, 16).Select(_ => torch.full([16 * 32 * side * side], Scalars.Of(double.NaN))).ToList()) remains.Dispose();
            // libtorch leaves smaller inputs than this to other code.
            using var result = torch.nn.functional.conv2d(torch.ones(1, channels, 32, 32), torch.ones(16, channels, side, side));
            using var wrong = result.ne(Scalars.Of((double)sum)).any();
            if (wrong.item<bool>()) return false;
        }
        return true;
    }

    /// <summary>Calls <c>at::globalContext().setUserEnabled…(false)</c>, for which TorchSharp has no name, where it is there.</summary>
    private static unsafe void SwitchOff(IntPtr libtorch, string setter)
    {
        // These are names of GCC and Clang; libtorch has no NNPACK on Windows.
        if (libtorch == IntPtr.Zero
            || !NativeLibrary.TryGetExport(libtorch, "_ZN2at13globalContextEv", out var globalContext)
            || !NativeLibrary.TryGetExport(libtorch, setter, out var setEnabled)) return;
        var context = ((delegate* unmanaged<IntPtr>)globalContext)();
        ((delegate* unmanaged<IntPtr, byte, void>)setEnabled)(context, 0);
    }

    /// <summary>Called by the runtime when its own search has found no library that it could load.</summary>
    [SupportedOSPlatform("linux")]
    private static IntPtr Resolve(Assembly assembly, string name)
    {
        if (name != NativeName || assembly != typeof(torch).Assembly) return IntPtr.Zero;
        lock (Gate)
        {
            if (_copy == IntPtr.Zero && _refusal is null)
            {
                try
                {
                    _copy = LoadTolerantCopy(assembly);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or InvalidDataException or BadImageFormatException)
                {
                    _refusal = e.Message;
                }
            }
            return _copy;
        }
    }

    /// <summary>Loads a copy of the installed library that does without the versions that this system lacks.</summary>
    /// <returns>A handle, or zero if the library isn't there or is refused for another reason.</returns>
    [SupportedOSPlatform("linux")]
    private static IntPtr LoadTolerantCopy(Assembly assembly)
    {
        if (FindInstalled() is not { } path) return IntPtr.Zero;

        // The copy lies elsewhere, so what it needs must be loaded when it is.
        var folder = Path.GetDirectoryName(path)!;
        foreach (var dependency in Dependencies)
            if (!NativeLibrary.TryLoad(Path.Combine(folder, $"lib{dependency}.so"), out _)) NativeLibrary.TryLoad(dependency, assembly, null, out _);

        byte[]? image = null;
        while (true)
        {
            try
            {
                return image is null ? NativeLibrary.Load(path) : LoadFromPrivateFolder(image);
            }
            catch (DllNotFoundException e) when (MissingVersion().Match(e.Message) is { Success: true } missing)
            {
                image ??= File.ReadAllBytes(path);
                // Each turn either makes one more version weak or gives up.
                if (!new ElfLibrary(image).TryMakeWeak(missing.Groups[1].Value)) throw;
            }
        }
    }

    /// <summary>Loads an image from a file that no other user can replace, and that is gone when this returns.</summary>
    [SupportedOSPlatform("linux")]
    private static IntPtr LoadFromPrivateFolder(byte[] image)
    {
        // A folder for temporary files may be mounted so that nothing in it can be run.
        string[] parents = [Path.GetTempPath(), Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "/dev/shm"];
        Exception? failure = null;
        foreach (var parent in parents.Where(Directory.Exists))
        {
            string? folder = null;
            try
            {
                folder = Path.Combine(parent, $"sam2.torch-{Guid.NewGuid():N}");
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                var copy = Path.Combine(folder, $"lib{NativeName}.so");
                File.WriteAllBytes(copy, image);
                return NativeLibrary.Load(copy);
            }
            catch (DllNotFoundException e) when (MissingVersion().IsMatch(e.Message))
            {
                throw;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                failure ??= e;
            }
            finally
            {
                // What is loaded stays loaded without its file.
                if (folder is not null && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            }
        }
        throw failure ?? new IOException("no folder for temporary files exists");
    }

    /// <summary>Where TorchSharp's native library is installed; null if it isn't.</summary>
    internal static string? FindInstalled() =>
        SearchFolders(typeof(torch).Assembly).Select(folder => Path.Combine(folder, FileName(NativeName))).FirstOrDefault(File.Exists);

    private static IEnumerable<string> SearchFolders(Assembly assembly)
    {
        var native = Path.Combine("runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        var known = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var bases = new[] { Path.GetDirectoryName(assembly.Location) ?? "", AppContext.BaseDirectory }.Where(folder => folder.Length > 0);
        return [.. known, .. bases.SelectMany(folder => new[] { folder, Path.Combine(folder, native) })];
    }

    /// <summary>Why the library can't be loaded, in the words of the system's loader if there are any.</summary>
    private static string Reason(Assembly assembly)
    {
        if (_refusal is not null) return _refusal;
        foreach (var path in SearchFolders(assembly).SelectMany(folder => Dependencies.Append(NativeName).Select(name => Path.Combine(folder, FileName(name)))).Where(File.Exists))
        {
            try
            {
                NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                return e.Message;
            }
        }
        return "";
    }

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    [GeneratedRegex(@"version `((?:GLIBCXX|CXXABI)_[0-9.]+)' not found")]
    private static partial Regex MissingVersion();
}

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
