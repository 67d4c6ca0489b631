using System.CommandLine;
using Sam2.Torch.Training.Ablation;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 ablate</c>: trains variants of a recipe and compares them.</summary>
internal static class AblateCommand
{
    public static Command Create(CommandContext context)
    {
        var sweep = new Argument<string>("SWEEP") { Description = "What is varied, a YAML file such as recipes/ablations.yaml." };
        var set = SettingOption.Create("A setting of all runs", "steps=1000");
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where runs, report.md, report.html and charts/ are written; runs/ and the sweep's name if not given.",
            HelpName = "DIR",
        };
        var command = new Command("ablate", "Trains variants of a recipe and compares them; an interrupted run continues when it is started again.") { sweep, set, directory };
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(sweep);
            var folder = parsed.GetValue(directory) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(file));
            var (failed, runs) = SweepRunner.Execute(SettingOption.Read(() => SweepYaml.Read(file, parsed.GetValue(set))), folder, context.Output, cancellationToken: context.Cancellation);
            context.Output.WriteLine($"{Path.Combine(folder, "report.html")}  {runs} runs{(failed > 0 ? $", {failed} failed" : "")}");
            return failed == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }
}
