using System.Runtime.InteropServices;
using Sam2.Cli;
using Sam2.Torch.Runtime;

NativeHeap.Restart();

// The first Ctrl-C (or SIGTERM) asks the command to stop; it gets this long to finish what can't be interrupted, and to write what it has: a frame of a
// large model takes seconds. After a moment, it is said how not to wait.
var (moment, patience) = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));

// Not disposed: a signal that comes while the process ends is still passed on, and must not find the source gone.
var cancel = new CancellationTokenSource();
void OnSignal(PosixSignalContext signal)
{
    if (!cancel.IsCancellationRequested)
    {
        signal.Cancel = true; // a second signal ends the process at once
        ThreadPool.QueueUserWorkItem(_ => cancel.Cancel());
    }
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var command = Task.Factory.StartNew(
    () => Sam2Command.Run(args, Console.Out, Console.Error, !Console.IsErrorRedirected, cancel.Token), TaskCreationOptions.LongRunning);
try
{
    await command.WaitAsync(cancel.Token);
}
catch (OperationCanceledException)
{
    if (await Task.WhenAny(command, Task.Delay(moment)) != command)
        Console.Error.WriteLine("sam2: stopping; another Ctrl-C stops at once");
    if (await Task.WhenAny(command, Task.Delay(patience - moment)) != command)
    {
        Console.Error.WriteLine("sam2: cancelled");
        ProcessExit.Immediately(ExitCode.Cancelled);
    }
}

return await command;

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
