using System.Runtime.InteropServices;
using System.Text;

namespace Sam2.Torch.Runtime;

/// <summary>What the C library does with memory that libtorch has freed.</summary>
public static partial class NativeHeap
{
    // Parameters of glibc's mallopt, from its malloc.h.
    private const int TrimThreshold = -1, MostMappedBlocks = -4, MostArenas = -8;

    private const string Variable = "GLIBC_TUNABLES";

    private const string Tunables =
        // The same as by mallopt.
        "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=2147483647:glibc.malloc.arena_max=1"
        // What is cut off a block to align it would be set aside for small requests, and the block be a little too small for the next tensor. In one of ten
        // processes on one server that never ended: attention to memories took 448 MB more each time.
        + ":glibc.malloc.tcache_count=0"
        // Huge pages, where Linux gives them to who asks. On a virtual machine the image encoder of SAM 2.1 tiny took 1.5 s with them, 2.5 s without.
        + ":glibc.malloc.hugetlb=1";

    /// <summary>
    /// Keeps freed memory in the process for the next tensor. By default glibc returns every block of more than 32 MB to the system, which
    /// clears each of its pages when a tensor next needs it: half of the time of the first layers of the image encoder. Call it
    /// once, before the first tensor is made; it concerns the whole process, so the library never calls it by itself. The
    /// command <c>sam2</c> does.
    /// </summary>
    /// <remarks>
    /// Memory then stays at its highest level; <see cref="Trim"/> returns what is unused. The environment variables
    /// <c>MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_ARENA_MAX=1</c> do the same from outside. <see cref="Restart"/> does more.
    /// </remarks>
    /// <returns>Whether anything changed: false where the C library isn't glibc, as on Windows and macOS.</returns>
    public static bool KeepFreedMemory()
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            // One arena, since blocks of another one's size limit (32 MB) come from the first in any case.
            return mallopt(MostMappedBlocks, 0) == 1 && mallopt(TrimThreshold, int.MaxValue) == 1 && mallopt(MostArenas, 1) == 1;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // musl
        }
    }

    /// <summary>
    /// Does what <see cref="KeepFreedMemory"/> does, and two things that glibc takes only from the environment of a program that starts: every freed block can
    /// be used again, and large tensors lie in huge pages. So the program starts over, in the same process (<c>execve</c>), which takes some 50 ms. Call it
    /// first thing in <c>Main</c>, before anything has an effect. The command <c>sam2</c> does.
    /// </summary>
    /// <remarks>
    /// Returns the second time, and where it can't do anything. The programs that this one starts don't get the settings. A user who has set
    /// <c>GLIBC_TUNABLES</c> is left alone.
    /// </remarks>
    /// <returns>Whether the settings are in force: false where the C library isn't glibc, or the user has set others.</returns>
    public static bool Restart()
    {
        if (!OperatingSystem.IsLinux()) return false;
        if (Environment.GetEnvironmentVariable(Variable) is { } set)
        {
            if (set != Tunables) return false;
            Environment.SetEnvironmentVariable(Variable, null);
            return true;
        }
        // Only glibc has mallopt; where the program can't be started again, this much is done.
        if (KeepFreedMemory() && Environment.ProcessPath is { } program) Execute(program);
        return false;
    }

    /// <summary>Replaces this program with the same one, with the same arguments, and with the settings in its environment. Returns if that fails.</summary>
    private static unsafe void Execute(string program)
    {
        try
        {
            // Byte for byte, since arguments need not be text.
            byte[] path = [.. Encoding.UTF8.GetBytes(program), 0], arguments = File.ReadAllBytes("/proc/self/cmdline");
            byte[] environment = [.. File.ReadAllBytes("/proc/self/environ"), .. Encoding.UTF8.GetBytes($"{Variable}={Tunables}"), 0];
            fixed (byte* name = path, argv = arguments, envp = environment)
            {
                fixed (byte** argvEntries = Entries(argv, arguments), envpEntries = Entries(envp, environment))
                    _ = execve(name, argvEntries, envpEntries);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            // Without /proc, for example.
        }
    }

    /// <summary>Where each string begins, of strings that end in zeros; null after the last.</summary>
    private static unsafe byte*[] Entries(byte* start, ReadOnlySpan<byte> strings)
    {
        var entries = new byte*[strings.Count((byte)0) + 1];
        var at = 0;
        for (var i = 0; i < entries.Length - 1; i++)
        {
            entries[i] = start + at;
            at += strings[at..].IndexOf((byte)0) + 1;
        }
        return entries;
    }

    /// <summary>Returns unused memory to the system, which takes a moment: for a program that goes on with something else.</summary>
    /// <returns>Whether anything was returned: false where the C library isn't glibc.</returns>
    public static bool Trim()
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return malloc_trim(0) == 1;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc.so.6")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc.so.6")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc.so.6")]
    private static unsafe partial int execve(byte* path, byte** arguments, byte** environment);
}
