using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Sam2.Cli.Commands;
using Sam2.Cli.Commands.Annotate;
using Sam2.Cli.Commands.Evaluation;
using Sam2.Cli.Commands.Everything;
using Sam2.Torch.Runtime;

namespace Sam2.Cli;

/// <summary>The <c>sam2</c> command line: parses, runs one command, turns every failure into an exit code and a readable line.</summary>
public static class Sam2Command
{
    /// <summary>Ctrl-C ends ffmpeg, too, which may be noticed before the signal is.</summary>
    private static readonly TimeSpan SignalDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs the command line in this process.</summary>
    /// <param name="args">The arguments after the program's name.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where errors and notes go.</param>
    /// <param name="cancellation">Stops the command at the next opportunity.</param>
    /// <param name="errorIsTerminal">Whether progress may be drawn on <paramref name="error"/>.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellation = default, bool errorIsTerminal = false)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Show where an error came from.", Recursive = true };
        var root = CreateRoot(new CommandContext(output, error, errorIsTerminal, cancellation), verbose);
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };

        if (args.Count == 0)
        {
            root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = error, Error = error });
            return ExitCode.Usage;
        }

        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            var messages = string.Join("; ", Relevant(parsed).Select(e => ErrorLine.Flatten(e.Message).TrimEnd('.')).Distinct());
            error.WriteLine($"{CommandName(parsed)}: {messages} (see {CommandName(parsed)} --help)");
            return ExitCode.Usage;
        }

        // What a shell makes of a quoted variable that is not set. No command has a use for it.
        if (args.Contains("") && parsed.Action is not HelpAction)
        {
            error.WriteLine($"{CommandName(parsed)}: an argument is empty; is a variable not set? (see {CommandName(parsed)} --help)");
            return ExitCode.Usage;
        }

        try
        {
            cancellation.ThrowIfCancellationRequested();
            if (parsed.Action is not HelpAction && parsed.CommandResult.Command is not RootCommand)
            {
                TorchRuntime.EnsureLoaded();
            }

            return parsed.Invoke(invocation);
        }
        catch (OperationCanceledException) when (cancellation.WaitHandle.WaitOne(SignalDelay))
        {
            error.WriteLine($"{CommandName(parsed)}: cancelled");
            return ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            error.WriteLine($"{CommandName(parsed)}: {ErrorLine.Of(e)}");
            if (parsed.GetValue(verbose))
            {
                error.WriteLine(e);
            }

            return ExitCode.Failed;
        }
    }

    private static RootCommand CreateRoot(CommandContext context, Option<bool> verbose)
    {
        var root = new RootCommand("Segment Anything Model 2: segments what you click on or draw a box around.")
        {
            SegmentCommand.Create(context),
            TrackCommand.Create(context),
            EverythingCommand.Create(context),
            AnnotateCommand.Create(context),
            TrainCommand.Create(context),
            AblateCommand.Create(context),
            InfoCommand.Create(context),
            ConvertCommand.Create(context),
            DownloadCommand.Create(context),
            BenchCommand.Create(context),
            EvalCommand.Create(context),
            DrawCommand.Create(context),
            verbose,
        };
        return root;
    }

    // An unknown command also counts as no command; saying so would only hide the typing error.
    private static IEnumerable<ParseError> Relevant(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens.Count > 0
            ? parsed.Errors.Where(e => parsed.UnmatchedTokens.Any(token => e.Message.Contains(token, StringComparison.Ordinal)))
            : parsed.Errors;

    private static string CommandName(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: not RootCommand } command; result = result.Parent)
        {
            names.Push(command.Command.Name);
        }

        return string.Join(' ', names.Prepend("sam2"));
    }
}
