using System.Diagnostics;
using System.Globalization;

namespace Sam2.Cli.Benchmarking;

/// <summary>The largest amount of memory that this process has had in use (its resident set), in bytes.</summary>
public static class PeakMemory
{
    /// <summary>Starts a new measurement. Only Linux can; elsewhere the peak stays that of the process's whole life.</summary>
    /// <returns>Whether the peak was reset.</returns>
    public static bool Reset()
    {
        try
        {
            // 5: reset the peak of the resident set to what is in use now (man 5 proc_pid_clear_refs).
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The peak since the last <see cref="Reset"/>, in bytes.</summary>
    public static long Read()
    {
        if (File.Exists("/proc/self/status"))
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    var kilobytes = line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                    return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
                }
            }
        }

        using var process = Process.GetCurrentProcess();
        return Math.Max(process.PeakWorkingSet64, process.WorkingSet64); // macOS knows no peak, which reads as 0
    }
}
