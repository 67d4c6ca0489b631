using System.CommandLine;
using Sam2.Cli.Benchmarking;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval memory</c>: memory policies side by side.</summary>
internal static class EvalMemoryCommand
{
    private static readonly string[] Prompts = [.. Enum.GetNames<PromptKind>().Select(name => name.ToLowerInvariant())];

    public static Command Create(CommandContext context)
    {
        var options = new EvaluationOptions();
        var memories = MemoryOption.Several();
        var prompt = new Option<string>("--prompt")
        {
            Description = "What the model is told of an object on the first frame that shows it.", HelpName = string.Join('|', Prompts), DefaultValueFactory = _ => "mask",
        };
        prompt.AcceptOnlyFromAmong(Prompts);
        var allFrames = new Option<bool>("--all-frames") { Description = "Count the first and the last annotated frame too." };
        var cost = new Option<int>("--cost-frames")
        {
            Description = "Frames of the first video on which the time of a step is measured, each policy on its own; 0 for not at all.", HelpName = "N", DefaultValueFactory = _ => 24,
        };
        cost.AtLeast(0);
        var command = new Command(
            "memory", "Semi-supervised tracking with several memory policies in one pass: scores, differences with bootstrap intervals over videos, and the time of a step.");
        options.AddTo(command);
        foreach (var option in new Option[] { memories, prompt, allFrames, cost }) command.Add(option);
        command.SetAction(parsed => new MemoryEvaluation(context).Run(
            options.Read(parsed) with { StorePredictions = false },
            [.. (parsed.GetValue(memories) is { Length: > 0 } given ? given : [.. MemoryPolicies.Names]).Select(MemoryPolicies.Parse)],
            Enum.Parse<PromptKind>(parsed.GetRequiredValue(prompt), ignoreCase: true), !parsed.GetValue(allFrames), parsed.GetValue(cost)));
        return command;
    }
}

/// <summary>Does what <c>sam2 eval memory</c> asks for.</summary>
internal sealed class MemoryEvaluation(CommandContext context)
{
    public int Run(EvaluationRequest request, IReadOnlyList<MemoryChoice> memories, PromptKind prompt, bool skipFirstAndLast, int costFrames)
    {
        var settings = request.Settings("memory policies");
        settings["prompt"] = prompt.ToString().ToLowerInvariant();
        settings["memories"] = string.Join(" ", memories.Select(memory => memory.Text));
        using var progress = new EvaluationProgressLine(context);
        progress.Step($"opening {request.Root} ...");
        var videos = request.OpenDataset();
        var folder = RunFolder.Open(request.Directory, settings);
        progress.Step($"loading {request.Model.NameOrPath} ...");
        using var model = request.Model.Load();
        var comparison = new MemoryComparison(memories, new SemiSupervisedOptions { Prompt = prompt });
        var results = EvaluationRun.Run(folder, videos, (video, observer) => comparison.Run(model, video, observer), new EvaluationRunOptions
        {
            Jobs = request.Jobs, StorePredictions = false, Progress = progress, PeakMemory = PeakMemory.Read, CancellationToken = context.Cancellation,
        });
        progress.Step("measuring the time of a step ...");
        var costs = costFrames > 0 && videos.Count > 0 ? comparison.MeasureCost(model, videos[0], costFrames, context.Cancellation) : [];
        settings["frames"] = skipFirstAndLast ? "without the first and last annotated" : "all annotated";
        var report = MemoryReport.Create(
            $"Semi-supervised tracking, {settings["prompt"]}: {request.Model.NameOrPath}", settings, [.. memories.Select(memory => memory.Text)], results, costs, skipFirstAndLast);
        report.Write(folder.Path);
        progress.Dispose();
        context.Output.WriteLine(report.Scores().ToMarkdown());
        if (report.Kinds() is { } kinds) context.Output.WriteLine(kinds.ToMarkdown());
        if (report.Costs() is { } table) context.Output.WriteLine(table.ToMarkdown());
        context.Output.WriteLine(Path.Combine(request.Directory, "memory.html"));
        return ExitCode.Success;
    }
}
