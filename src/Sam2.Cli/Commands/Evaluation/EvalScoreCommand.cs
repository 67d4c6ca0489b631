using System.CommandLine;
using System.Diagnostics;
using Sam2.Cli.Benchmarking;
using Sam2.Cli.Output;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval score</c>: scores predictions from anywhere.</summary>
internal static class EvalScoreCommand
{
    public static Command Create(CommandContext context)
    {
        var truth = new Argument<string>("GT_ROOT")
        {
            Description = "The true masks: a folder per video with a palette PNG per frame (DAVIS) or a folder of PNGs per object (SA-V), or a data set's root.",
        };
        var predicted = new Argument<string>("PRED_ROOT") { Description = "The predictions, in the same layout." };
        var allFrames = new Option<bool>("--all-frames")
        {
            Description = "Count the first and the last annotated frame too. Benchmarks of semi-supervised tracking skip them.",
        };
        var ignoreVoid = VoidOption.Create();
        var videos = VideoList.CreateOption();
        var jobs = JobsOption.Create("How many videos are scored at once; as many as there are cores if not given.", Environment.ProcessorCount);
        var directory = new Option<string?>("--out", "-o") { Description = "Where report.json, report.md and report.html are written, if anywhere.", HelpName = "DIR" };

        var command = new Command("score", "Scores predictions from anywhere: a table of objects, then J&F, J and F in percent.") { truth, predicted };
        foreach (var option in new Option[] { allFrames, ignoreVoid, videos, jobs, directory })
        {
            command.Add(option);
        }

        command.SetAction(parsed => new Scoring(context).Run(new ScoreRequest(
            parsed.GetRequiredValue(truth), parsed.GetRequiredValue(predicted), parsed.GetValue(allFrames), VideoList.Read(parsed.GetValue(videos)),
            parsed.GetValue(jobs), parsed.GetValue(directory), parsed.GetValue(ignoreVoid))));
        return command;
    }
}

/// <summary>What <c>sam2 eval score</c> was asked for.</summary>
/// <param name="Truth">The root of the true masks.</param>
/// <param name="Predicted">The root of the predictions.</param>
/// <param name="AllFrames">Whether the first and the last annotated frame count.</param>
/// <param name="Videos">Which videos, or null for all.</param>
/// <param name="Jobs">How many videos at once.</param>
/// <param name="Directory">Where a report is written, or null for nowhere.</param>
/// <param name="IgnoreVoid">Whether 255 says that it isn't known what is there.</param>
internal sealed record ScoreRequest(string Truth, string Predicted, bool AllFrames, IReadOnlyList<string>? Videos, int Jobs, string? Directory, bool IgnoreVoid);

/// <summary>Does what <c>sam2 eval score</c> asks for.</summary>
internal sealed class Scoring(CommandContext context)
{
    public int Run(ScoreRequest request)
    {
        using var progress = new ProgressLine(context);
        using var run = request.Directory is { } folder ? RunOutput.Begin(folder, "eval score", "report.json", "report.md", "report.html") : null;
        var (truth, predicted) = (MaskTree.Open(request.Truth), MaskTree.Open(request.Predicted));
        var names = request.Videos ?? truth.Videos;
        var results = new VideoResult[names.Count];
        var left = new TimeLeft("scoring", names.Count);
        var watch = Stopwatch.StartNew();
        Parallel.For(0, names.Count, new ParallelOptions { MaxDegreeOfParallelism = request.Jobs, CancellationToken = context.Cancellation }, i =>
        {
            results[i] = new VideoResult(names[i], [new RoundResult(1, MaskTreeScorer.ScoreVideo(truth, predicted, names[i], request.IgnoreVoid ? VoidOption.Number : null, context.Cancellation))]);
            lock (progress) progress.Step(left.Advance());
        });

        watch.Stop();
        var settings = new Dictionary<string, string>
        {
            ["truth"] = truth.Root,
            ["predictions"] = predicted.Root,
            ["frames"] = request.AllFrames ? "all annotated" : "without the first and last annotated",
        };
        if (request.IgnoreVoid) settings["void"] = $"{VoidOption.Number} doesn't count";
        var report = VideoReport.Create(Report.ScoreKind, $"Scores of {predicted.Root}", settings, results, !request.AllFrames) with
        {
            Speed = new EvaluationSpeed(results.Sum(FramesOf), watch.Elapsed.TotalSeconds, PeakMemory.Read()),
        };
        if (run is not null)
        {
            progress.Step("writing the report ...");
            ReportWriter.Write(run.Staging, report, WorstCasePictures.Draw(report, truth, predicted));
            run.Complete();
        }

        progress.Dispose();
        NameUnknown(truth, predicted, results);
        context.Output.Write(ScoreTable.Of(report));
        context.Output.WriteLine(report.Headline());
        return ExitCode.Success;
    }

    /// <summary>Says which predicted objects have no score, since the truth lacks them: mostly they are numbered differently.</summary>
    private void NameUnknown(MaskTree truth, MaskTree predicted, VideoResult[] results)
    {
        foreach (var (video, scored) in results.Select(result => (result.Video, result.Rounds[0].Objects)))
        {
            var unknown = MaskTreeScorer.UnknownObjects(truth, predicted, video, scored);
            if (unknown.Count > 0)
            {
                var known = scored.Select(o => o.Object).Except(unknown).ToList();
                context.Error.WriteLine(
                    $"sam2 eval score: video {video}: the predictions show {Objects(unknown)}, but the true masks {(known.Count == 0 ? "none" : Objects(known))}; what the truth lacks has no score. Give objects the truth's numbers");
            }
        }
    }

    private static string Objects(IReadOnlyList<string> names) =>
        $"object{(names.Count == 1 ? "" : "s")} {string.Join(", ", names.Take(10))}{(names.Count > 10 ? $" and {names.Count - 10} more" : "")}";

    private static long FramesOf(VideoResult video) =>
        video.Rounds.SelectMany(r => r.Objects).SelectMany(o => o.Frames).Select(f => f.Frame).Distinct().Count();
}
