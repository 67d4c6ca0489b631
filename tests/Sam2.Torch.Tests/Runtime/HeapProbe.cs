using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Sam2.Torch.Runtime;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Runtime;

/// <summary>
/// This assembly as a program: makes, fills and frees a large tensor again and again, and prints how often the system had to hand out a
/// page meanwhile. With the argument <c>keep</c> memory is kept first, with <c>restart</c> the program starts over for that; either concerns a whole process.
/// </summary>
internal static partial class HeapProbe
{
    /// <summary>Larger than any block that glibc keeps by itself (32 MB).</summary>
    public const long TensorBytes = 40 << 20;

    /// <summary>Tensors that are counted.</summary>
    public const int Rounds = 8;

    /// <summary>
    /// Tensors before them. Aligning a block leaves a sliver beside it, and glibc sets seven slivers of a size aside for small requests. Until
    /// then a freed block is a little too small for the next tensor, which gets a new one. The runtime's own requests take some of the slivers
    /// meanwhile: mostly ten tensors are enough, and sixteen were needed once.
    /// </summary>
    private const int WarmUp = 40;

    /// <summary>Arguments that a program must still have after it started over.</summary>
    public static string[] RestartArguments { get; } = ["restart", "", "two words", "grün"];

    private const int DisableHugePages = 41; // PR_SET_THP_DISABLE of prctl

    public static int Main(string[] args)
    {
        if (args.FirstOrDefault() == "restart")
        {
            if (!NativeHeap.Restart() || !args.AsSpan().SequenceEqual(RestartArguments)) return 4;
            using var child = Process.Start(new ProcessStartInfo("env") { RedirectStandardOutput = true })!;
            if (child.StandardOutput.ReadToEnd().Contains("GLIBC_TUNABLES", StringComparison.Ordinal)) return 5;
        }

        // A huge page is 512 pages in one fault, which would hide the difference.
        if (prctl(DisableHugePages, 1, 0, 0, 0) != 0) return 2;
        TorchRuntime.EnsureLoaded();
        if (args is ["keep"] && !NativeHeap.KeepFreedMemory()) return 3;
        // The best round counts: while the machine is busy, the runtime's own requests come between, and some rounds get new blocks.
        var least = long.MaxValue;
        for (var i = 0; i < WarmUp + Rounds; i++)
        {
            var before = MinorFaults();
            using (ones(TensorBytes / sizeof(float)))
            {
            }

            if (i >= WarmUp) least = Math.Min(least, MinorFaults() - before);
        }

        Console.WriteLine((Rounds * least).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>Field 10 of proc_pid_stat(5). The second, the program's name, is in brackets and may contain anything.</summary>
    private static long MinorFaults()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
