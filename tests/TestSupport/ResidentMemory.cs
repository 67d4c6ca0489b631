using System.Globalization;
using System.Runtime.InteropServices;
using NUnit.Framework;
using static TorchSharp.torch;

namespace TestSupport;

/// <summary>How much memory this process has in use, native memory included.</summary>
public static class ResidentMemory
{
    /// <summary>
    /// Bytes that an action needs at its peak beyond what was in use before. Ignores the test on other systems than Linux, which can't measure it.
    /// </summary>
    public static long PeakOf(Action action)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("Peak memory is measured with Linux's /proc.");

        // Memory that earlier tests have freed must not be at hand, else the action would use it again and seem to need none:
        // malloc gives it back, what libtorch keeps for large tensors is lent out. The borrowers are never written to, so they
        // take no memory of their own.
        using var borrowed = NewDisposeScope();
        for (var i = 0; i < 1024; i++) empty([1 << 20], dtype: ScalarType.Byte);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = malloc_trim(0);

        File.WriteAllText("/proc/self/clear_refs", "5"); // from here on the peak is recorded
        var before = Status("VmRSS:");
        action();
        return Status("VmHWM:") - before;
    }

    [DllImport("libc")]
    private static extern int malloc_trim(nint keep);

    private static long Status(string key)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line[key.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
