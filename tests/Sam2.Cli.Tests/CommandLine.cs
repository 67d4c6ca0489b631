namespace Sam2.Cli.Tests;

/// <summary>Runs the command line in this process and keeps what it said.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static CommandLine Run(params string[] args) => Run(CancellationToken.None, args);

    public static CommandLine Run(CancellationToken cancellationToken, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = Sam2Command.Run(args, output, error, cancellationToken: cancellationToken);
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
        var exitCode = Sam2Command.Run(args, new CommandContext(output, error, ErrorIsTerminal: true, cancel.Token) { ProgressInterval = TimeSpan.Zero });
        return new CommandLine(exitCode, output.ToString(), error.ToString());
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
