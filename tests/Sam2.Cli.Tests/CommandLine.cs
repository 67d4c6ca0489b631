using TorchSharp;

namespace Sam2.Cli.Tests;

/// <summary>Runs the command line in this process and keeps what it said.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static CommandLine Run(params string[] args) => Run(CancellationToken.None, args);

    public static CommandLine Run(CancellationToken cancellationToken, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = KeepingThreads(() => Sam2Command.Run(args, output, error, cancellationToken: cancellationToken));
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>
    /// Runs the command line as in a terminal, and cancels it when it says something. That happens while the command is writing, so it
    /// has always come exactly that far, however fast the machine is.
    /// </summary>
    /// <param name="text">A part of what it says, of results or of progress, at which it is cancelled.</param>
    /// <param name="args">The arguments.</param>
    public static CommandLine RunUntil(string text, params string[] args)
    {
        using var cancel = new CancellationTokenSource();
        using var output = new CancellingWriter(text, cancel);
        using var error = new CancellingWriter(text, cancel);
        var context = new CommandContext(output, error, ErrorIsTerminal: true, cancel.Token) { ProgressInterval = TimeSpan.Zero };
        var exitCode = KeepingThreads(() => Sam2Command.Run(args, context));
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>
    /// <c>--threads</c> is meant for a process, and the next test runs in the same one. The last bits of results depend on the number of
    /// threads, so a test that compares files would fail or not, depending on which ran before.
    /// </summary>
    private static int KeepingThreads(Func<int> command)
    {
        var threads = torch.get_num_threads();
        try
        {
            return command();
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    public int ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private sealed class CancellingWriter(string text, CancellationTokenSource cancel) : StringWriter
    {
        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains(text, StringComparison.Ordinal) == true) cancel.Cancel();
        }
    }
}
