using Sam2.Cli.Benchmarking;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Evaluates a model on videos: runs the protocol, goes on where an earlier run was stopped, writes the report.</summary>
internal sealed class VideoEvaluation(CommandContext context)
{
    /// <summary>Semi-supervised tracking.</summary>
    public int Run(EvaluationRequest request, VosRequest vos)
    {
        var settings = request.Settings("semi-supervised tracking");
        vos.AddTo(settings);
        return Run(request, settings, vos.CreateProtocol(), (shown, results) =>
        {
            shown["frames"] = vos.SkipFirstAndLast ? "without the first and last annotated" : "all annotated";
            return VideoReport.Create("vos", $"Semi-supervised tracking, {settings["prompt"]}: {request.Model.NameOrPath}", shown, results, vos.SkipFirstAndLast);
        });
    }

    private int Run(
        EvaluationRequest request, Dictionary<string, string> settings, IVideoProtocol protocol,
        Func<Dictionary<string, string>, IReadOnlyList<VideoResult>, Report> createReport)
    {
        using var progress = new EvaluationProgressLine(context);
        progress.Step($"opening {request.Root} ...");
        var videos = request.OpenDataset();
        var folder = RunFolder.Open(request.Directory, settings);
        progress.Step($"loading {request.Model.NameOrPath} ...");
        IReadOnlyList<VideoResult> results;
        using (var model = request.Model.Load())
        {
            results = EvaluationRun.Run(folder, videos, (video, observer) => protocol.Run(model, video, observer), new EvaluationRunOptions
            {
                Jobs = request.Jobs, Progress = progress.Show, PeakMemory = PeakMemory.Read, Cancellation = context.Cancellation,
            });
        }

        progress.Step("writing the report ...");
        var report = createReport(new(settings) { ["videos"] = $"{videos.Count}", ["jobs"] = $"{request.Jobs}" }, results);
        ReportWriter.Write(folder.Path, report, WorstCasePictures.Draw(report, videos, folder));
        progress.Dispose();
        context.Output.Write(ScoreTable.Of(report));
        context.Output.WriteLine($"{Path.Combine(request.Directory, "report.html")}  {report.Speed?.FramesPerSecond:0.00} frames per second");
        context.Output.WriteLine(report.Headline());
        return ExitCode.Success;
    }
}
