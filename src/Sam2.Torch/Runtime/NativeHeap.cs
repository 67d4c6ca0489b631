using System.Runtime.InteropServices;

namespace Sam2.Torch.Runtime;

/// <summary>What the C library does with memory that libtorch has freed.</summary>
public static partial class NativeHeap
{
    // Parameters of glibc's mallopt, from its malloc.h.
    private const int TrimThreshold = -1, MostMappedBlocks = -4, MostArenas = -8;

    /// <summary>
    /// Keeps freed memory in the process for the next tensor. By default glibc returns every block of more than 32 MB to the system, which
    /// clears each of its pages when a tensor next needs it: half of the time of the first layers of the image encoder. Call it
    /// once, before the first tensor is made; it concerns the whole process, so the library never calls it by itself. The
    /// command <c>sam2</c> does.
    /// </summary>
    /// <remarks>
    /// Memory then stays at its highest level; <see cref="Trim"/> returns what is unused. The environment variables
    /// <c>MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_ARENA_MAX=1</c> do the same from outside.
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
}
