using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 train</c>: trains or fine-tunes a model as a recipe says.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandContext context)
    {
        var recipe = new Argument<string>("RECIPE") { Description = "The recipe, a YAML file such as recipes/micro.yaml." };
        var set = SettingOption.Create("A setting", "steps=1000 or optimizer.lr.0.start_value=1e-4");
        var resume = new Option<bool>("--resume") { Description = "Continue from the folder's last checkpoint, if it has one." };
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where checkpoints and logs are written; runs/ and the recipe's name if not given.",
            HelpName = "DIR",
        };
        var command = new Command("train", "Trains or fine-tunes a model; Ctrl-C saves the run, --resume continues it.") { recipe, set, resume, directory };
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(recipe);
            var folder = new TrainingFolder(parsed.GetValue(directory) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(file)));
            var settings = parsed.GetValue(set);
            return SettingOption.Run(settings, () => Run(context, SettingOption.Read(() => RecipeYaml.Read(file, settings)), folder, parsed.GetValue(resume)));
        });
        return command;
    }

    private static int Run(CommandContext context, Recipe recipe, TrainingFolder folder, bool resume)
    {
        if (!resume && File.Exists(folder.Checkpoint))
            throw new CliException($"{folder.Path} holds a run already. Continue it with --resume, or give another folder with --out.");
        var state = TrainingRun.Execute(recipe, folder, resume, context.Output, cancellationToken: context.Cancellation);
        var best = state.BestScore is { } score
            ? string.Create(CultureInfo.InvariantCulture, $"; the best, {score:0.000} at step {state.BestStep}, is {folder.Best}")
            : "";
        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{folder.Model}  after {state.Step} steps, {state.Elapsed.TotalHours:0.00} hours{best}"));
        return ExitCode.Success;
    }
}
