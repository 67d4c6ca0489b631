using System.Diagnostics;
using Sam2.Cli.Benchmarking;
using Sam2.Cli.Output;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Scoring;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Does what <c>sam2 eval score</c> asks for.</summary>
internal sealed class Scoring(CommandContext context)
{
    public int Run(ScoreRequest request)
    {
        using var progress = new ProgressLine(context);
        var (truth, predicted) = (MaskTree.Open(request.Truth), MaskTree.Open(request.Predicted));
        var names = request.Videos ?? truth.Videos;
        var results = new VideoResult[names.Count];
        var left = new TimeLeft("scoring", names.Count);
        var watch = Stopwatch.StartNew();
        Parallel.For(0, names.Count, new ParallelOptions { MaxDegreeOfParallelism = request.Jobs, CancellationToken = context.Cancellation }, i =>
        {
            results[i] = new VideoResult(names[i], [new RoundResult(1, MaskTreeScorer.ScoreVideo(truth, predicted, names[i]))]);
            lock (progress) progress.Step(left.Advance());
        });

        watch.Stop();
        var settings = new Dictionary<string, string>
        {
            ["truth"] = truth.Root,
            ["predictions"] = predicted.Root,
            ["frames"] = request.AllFrames ? "all annotated" : "without the first and last annotated",
        };
        var report = VideoReport.Create(Report.ScoreKind, $"Scores of {predicted.Root}", settings, results, !request.AllFrames) with
        {
            Speed = new ReportSpeed(results.Sum(FramesOf), watch.Elapsed.TotalSeconds, PeakMemory.Read()),
        };
        if (request.Directory is { } directory)
        {
            progress.Step("writing the report ...");
            OutputFolder.Create(directory);
            ReportWriter.Write(directory, report, [.. report.WorstCases.Select(worst => MaskTreePicture.Draw(worst, truth, predicted))]);
        }

        progress.Dispose();
        context.Output.Write(ScoreTable.Of(report));
        context.Output.WriteLine(report.Headline());
        return ExitCode.Success;
    }

    private static long FramesOf(VideoResult video) =>
        video.Rounds.SelectMany(r => r.Objects).SelectMany(o => o.Frames).Select(f => f.Frame).Distinct().Count();
}
