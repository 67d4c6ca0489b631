using System.CommandLine;
using Sam2.Cli.Output;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval compare</c>: one table of several evaluations.</summary>
internal static class EvalCompareCommand
{
    public static Command Create(CommandContext context)
    {
        var reports = new Argument<string[]>("REPORT")
        {
            Description = "report.json of two or more evaluations of one data set, or their folders. The others are compared with the first.",
            Arity = new ArgumentArity(2, 1000),
        };
        var metric = new Option<string>("--metric")
        {
            Description = "The score to compare, by its name in the reports.", HelpName = "NAME", DefaultValueFactory = _ => MetricNames.JAndF,
        };
        var directory = new Option<string?>("--out", "-o") { Description = "Where comparison.md and comparison.html are written, if anywhere.", HelpName = "DIR" };
        var command = new Command("compare", "One table of several evaluations: scores, speed, and paired differences with bootstrap intervals over videos.")
        {
            reports, metric, directory,
        };
        command.SetAction(parsed => Run(context, parsed.GetRequiredValue(reports), parsed.GetRequiredValue(metric), parsed.GetValue(directory)));
        return command;
    }

    private static int Run(CommandContext context, string[] paths, string metric, string? directory)
    {
        var files = Array.ConvertAll(paths, path => Directory.Exists(path) ? Path.Combine(path, "report.json") : path);
        var comparison = ReportComparison.Create([.. files.Select(file => (NameOf(file), ReportJson.Read<Report>(file)))], metric);
        if (directory is not null)
        {
            using var run = RunOutput.Begin(directory, "eval compare", "comparison.md", "comparison.html");
            comparison.Write(run.Staging);
            run.Complete();
        }

        context.Output.Write(comparison.Table().ToMarkdown());
        return ExitCode.Success;
    }

    /// <summary>Reports mostly have the same file name; what tells them apart is their folder.</summary>
    private static string NameOf(string file) =>
        Path.GetFileName(file) == "report.json" && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder ? Path.GetFileName(folder) : Path.GetFileNameWithoutExtension(file);
}
