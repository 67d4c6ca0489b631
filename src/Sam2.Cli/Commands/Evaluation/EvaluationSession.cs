using Sam2.Cli.Benchmarking;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Modeling;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>What all evaluations of models do: open, run what isn't done yet, write the report, print the scores.</summary>
/// <typeparam name="T">What is measured on a video.</typeparam>
internal sealed class EvaluationSession<T>(CommandContext context, EvaluationRequest request, Dictionary<string, string> settings)
    where T : class
{
    /// <param name="evaluate">Evaluates one video.</param>
    /// <param name="createReport">Sums up, given the settings to show.</param>
    public int Run(
        Func<Sam2Model, IAnnotatedVideo, VideoObserver, T> evaluate, Func<Dictionary<string, string>, IReadOnlyList<T>, Report> createReport)
    {
        using var progress = new EvaluationProgressLine(context);
        progress.Step($"opening {request.Root} ...");
        var videos = request.OpenDataset();
        var folder = RunFolder.Open(request.Directory, settings);
        progress.Step($"loading {request.Model.NameOrPath} ...");
        IReadOnlyList<T> results;
        using (var model = request.Model.Load())
        {
            results = EvaluationRun.Run(folder, videos, (video, observer) => evaluate(model, video, observer), new EvaluationRunOptions
            {
                Jobs = request.Jobs, StorePredictions = request.StorePredictions, Progress = progress.Show, PeakMemory = PeakMemory.Read, Cancellation = context.Cancellation,
            });
        }

        progress.Step("writing the report ...");
        var report = createReport(new(settings) { ["videos"] = $"{videos.Count}", ["jobs"] = $"{request.Jobs}" }, results);
        ReportWriter.Write(folder.Path, report, request.StorePredictions ? WorstCasePictures.Draw(report, videos, folder) : null);
        progress.Dispose();
        context.Output.Write(ScoreTable.Of(report));
        context.Output.WriteLine($"{Path.Combine(request.Directory, "report.html")}  {report.Speed?.FramesPerSecond:0.00} frames per second");
        context.Output.WriteLine(report.Headline());
        return ExitCode.Success;
    }
}
