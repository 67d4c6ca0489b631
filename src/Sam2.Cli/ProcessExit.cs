using System.Runtime.InteropServices;

namespace Sam2.Cli;

/// <summary>Ends the process while a native computation is still running.</summary>
internal static partial class ProcessExit
{
    /// <summary>
    /// Ends the process without running native destructors: libtorch's would take away what its own threads still use
    /// and crash.
    /// </summary>
    public static void Immediately(int exitCode)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        if (!OperatingSystem.IsWindows())
        {
            Exit(exitCode);
        }

        Environment.Exit(exitCode);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int exitCode);
}
