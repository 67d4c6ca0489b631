using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sam2.Cli.Benchmarking;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Modeling;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary><c>sam2 eval</c>: measures models and predictions by the field's protocols and metrics.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandContext context) => new(
        "eval", "Measures a model on a data set, or predictions from anywhere, by the benchmarks' protocols and metrics.")
    {
        EvalVosCommand.Create(context),
        EvalInteractiveCommand.Create(context),
        EvalMemoryCommand.Create(context),
        EvalImageCommand.Create(context),
        EvalScoreCommand.Create(context),
        EvalCompareCommand.Create(context),
    };
}

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
                Jobs = request.Jobs, StorePredictions = request.StorePredictions, Progress = progress, PeakMemory = PeakMemory.Read, CancellationToken = context.Cancellation,
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

/// <summary>The scores of a report's objects, a line each, as the benchmarks' own tools print them.</summary>
internal static class ScoreTable
{
    private static readonly string[] Columns = [MetricNames.JAndF, MetricNames.J, MetricNames.F];

    public static string Of(Report report)
    {
        int width = report.Items.Select(i => i.Video.Length).Append("video".Length).Max();
        var text = new StringBuilder();
        text.Append("video".PadRight(width)).Append("  object");
        foreach (var column in Columns) text.Append(column.PadLeft(8));
        text.AppendLine();
        foreach (var item in report.Items)
        {
            text.Append(item.Video.PadRight(width)).Append("  ").Append(item.Object.PadRight(6));
            foreach (var column in Columns) text.Append(CultureInfo.InvariantCulture, $"{item.Values[column],8:0.00}");
            text.AppendLine();
        }

        return text.ToString();
    }
}

/// <summary>Shows how far an evaluation is and how long the rest takes.</summary>
internal sealed class EvaluationProgressLine(CommandContext context) : IProgress<EvaluationProgress>, IDisposable
{
    private readonly ProgressLine _line = new(context);
    private Stopwatch? _watch;

    public void Step(string text)
    {
        lock (_line) _line.Step(text);
    }

    public void Report(EvaluationProgress value)
    {
        lock (_line)
        {
            _watch ??= Stopwatch.StartNew();
            _line.Update(() => Describe(value, _watch.Elapsed));
        }
    }

    /// <summary>How far it is, and how long the rest takes at the same speed.</summary>
    internal static string Describe(EvaluationProgress progress, TimeSpan elapsed)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture, $"evaluating: {progress.Before + progress.Done:0.0} of {progress.Total} videos");
        return progress.Done > 0
            ? $"{text}, {TimeLeft.Format(elapsed / progress.Done * (progress.Total - progress.Before - progress.Done))} left"
            : text;
    }

    public void Dispose()
    {
        lock (_line) _line.Dispose();
    }
}

/// <summary>Counts what is done and estimates how long the rest takes. Safe to use from several threads.</summary>
/// <param name="verb">What is being done.</param>
/// <param name="total">How many videos there are.</param>
internal sealed class TimeLeft(string verb, int total)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _done;

    /// <summary>Counts one as done and says how far it is.</summary>
    public string Advance()
    {
        int done = Interlocked.Increment(ref _done);
        return $"{verb}: {done} of {total} videos, {Format(_watch.Elapsed / done * (total - done))} left";
    }

    /// <summary>A time as hours, minutes and seconds, with days only where there are some.</summary>
    public static string Format(TimeSpan time) => time.ToString(time.TotalDays >= 1 ? @"d\.hh\:mm\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
