using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using Sam2.Cli.Commands;
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
    /// <param name="errorIsTerminal">Whether progress may be drawn on <paramref name="error"/>.</param>
    /// <param name="cancellationToken">Stops the command at the next opportunity.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(
        IReadOnlyList<string> args, TextWriter output, TextWriter error, bool errorIsTerminal = false, CancellationToken cancellationToken = default) =>
        Run(args, new CommandContext(output, error, errorIsTerminal, cancellationToken));

    /// <inheritdoc cref="Run(IReadOnlyList{string}, TextWriter, TextWriter, bool, CancellationToken)"/>
    /// <param name="args">The arguments after the program's name.</param>
    /// <param name="context">What the command may use.</param>
    public static int Run(IReadOnlyList<string> args, CommandContext context)
    {
        var (output, error) = (context.Output, context.Error);
        var verbose = new Option<bool>("--verbose") { Description = "Show where an error came from.", Recursive = true };
        var completion = CompletionCommand.Create(context);
        var root = CreateRoot(context, completion, verbose);
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

        // Help and suggestions are about command lines that aren't complete yet.
        bool isAboutCommands = parsed.Action is HelpAction || root.Directives.OfType<SuggestDirective>().Any(d => parsed.GetResult(d) is not null);
        if (parsed.Errors.Count > 0 && !isAboutCommands)
        {
            var messages = string.Join("; ", Relevant(parsed).Select(e => ErrorLine.OfParser(e.Message, NameOf(e.SymbolResult))).Distinct());
            error.WriteLine($"{CommandName(parsed)}: {messages} (see {CommandName(parsed)} --help)");
            return ExitCode.Usage;
        }

        // What a shell makes of a quoted variable that is not set. No command has a use for it.
        if (args.Contains("") && !isAboutCommands)
        {
            error.WriteLine($"{CommandName(parsed)}: an argument is empty; is a variable not set? (see {CommandName(parsed)} --help)");
            return ExitCode.Usage;
        }

        try
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (!isAboutCommands && parsed.CommandResult.Command is not RootCommand && parsed.CommandResult.Command != completion)
            {
                TorchRuntime.EnsureLoaded();
            }

            return parsed.Invoke(invocation);
        }
        catch (OperationCanceledException) when (context.Cancellation.WaitHandle.WaitOne(SignalDelay))
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

            return e is CliException { ExitCode: var code } ? code : ExitCode.Failed;
        }
    }

    /// <summary>The option or argument that an error is about; null if it is about none.</summary>
    private static string? NameOf(SymbolResult? symbol) => symbol switch
    {
        OptionResult option => option.Option.Name,
        ArgumentResult { Parent: OptionResult option } => option.Option.Name,
        ArgumentResult argument => argument.Argument.Name,
        _ => null,
    };

    private static RootCommand CreateRoot(CommandContext context, Command completion, Option<bool> verbose)
    {
        var root = new RootCommand("Segment Anything Model 2: segments what you click on or draw a box around.")
        {
            SegmentCommand.Create(context),
            TrackCommand.Create(context),
            EverythingCommand.Create(context),
            AnnotateCommand.Create(context),
            FinetuneCommand.Create(context),
            TrainCommand.Create(context),
            AblateCommand.Create(context),
            InfoCommand.Create(context),
            ConvertCommand.Create(context),
            DownloadCommand.Create(context),
            BenchCommand.Create(context),
            CompareCommand.Create(context),
            EvalCommand.Create(context),
            DrawCommand.Create(context),
            completion,
            verbose,
        };
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction(context.Output);
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

    /// <summary><c>sam2 --version</c>: the program, and what it computes with.</summary>
    private sealed class VersionAction(TextWriter output) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            output.WriteLine($"sam2 {Version(typeof(Sam2Command).Assembly)} (libtorch {LibtorchVersion()}, TorchSharp {Version(typeof(TorchSharp.torch).Assembly)})");
            return ExitCode.Success;
        }

        private static string Version(Assembly assembly) =>
            assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version?.ToString() ?? "unknown";

        /// <summary>
        /// The libtorch that TorchSharp is made for: what <c>torch.__version__</c> says. Asking for that would load libtorch, which takes a
        /// second and fails where it is missing; the constant behind it can be read without.
        /// </summary>
        private static string LibtorchVersion()
        {
            var constant = typeof(TorchSharp.torch).GetField("libtorchPackageVersion", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public);
            return constant is { IsLiteral: true } && constant.GetRawConstantValue() is string text && System.Version.TryParse(text, out var version)
                ? version.ToString(3)
                : "unknown";
        }
    }
}

/// <summary>What a command may use of its surroundings: streams, the terminal, and the user's wish to stop.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Errors, notes and progress.</param>
/// <param name="ErrorIsTerminal">Whether <paramref name="Error"/> is a terminal, so that progress may be drawn on it.</param>
/// <param name="Cancellation">Cancelled when the user presses Ctrl-C.</param>
public sealed record CommandContext(TextWriter Output, TextWriter Error, bool ErrorIsTerminal, CancellationToken Cancellation)
{
    /// <summary>The shortest time between two updates of the progress that is drawn.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>What the process returns to its caller.</summary>
public static class ExitCode
{
    /// <summary>The command did what was asked.</summary>
    public const int Success = 0;

    /// <summary>The command could not do what was asked.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself was wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The user cancelled (128 + SIGINT, as shells expect it).</summary>
    public const int Cancelled = 130;
}
