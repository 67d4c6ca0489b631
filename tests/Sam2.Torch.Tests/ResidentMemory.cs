using System.Globalization;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Sam2.Torch.Tests;

/// <summary>How much memory this process has in use, native memory included.</summary>
internal static class ResidentMemory
{
    /// <summary>Ignores the test where memory can't be measured.</summary>
    public static void RequireMeasurable()
    {
        if (!File.Exists("/proc/self/clear_refs"))
            Assert.Ignore("Peak memory is measured with Linux's /proc.");
    }

    /// <summary>Resident memory now in bytes, from which on the peak is recorded.</summary>
    public static long ResetPeak()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // Memory that earlier tests have freed is given back, else the measured code would reuse it and seem to need none.
        malloc_trim(0);
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Status("VmRSS:");
    }

    /// <summary>The largest amount in bytes since <see cref="ResetPeak"/>.</summary>
    public static long Peak() => Status("VmHWM:");

    [DllImport("libc")]
    private static extern int malloc_trim(nint keep);

    private static long Status(string key)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
        return long.Parse(line[key.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
