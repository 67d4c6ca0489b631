namespace Sam2.Cli.Tests;

/// <summary>Runs the command line in this process and keeps what it said.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static CommandLine Run(params string[] args) => Run(CancellationToken.None, args);

    public static CommandLine Run(CancellationToken cancellation, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = Sam2Command.Run(args, output, error, cancellation);
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }

    public int ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
