using System.Diagnostics;
using System.Globalization;
using Sam2.Torch.Evaluation.Runs;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Shows how far an evaluation is and how long the rest takes.</summary>
internal sealed class EvaluationProgressLine(CommandContext context) : IDisposable
{
    private readonly ProgressLine _line = new(context);
    private Stopwatch? _watch;

    public void Step(string text)
    {
        lock (_line) _line.Step(text);
    }

    public void Show(EvaluationProgress progress)
    {
        lock (_line)
        {
            _watch ??= Stopwatch.StartNew();
            _line.Update(() => Describe(progress, _watch.Elapsed));
        }
    }

    /// <summary>How far it is, and how long the rest takes if it goes on as it went.</summary>
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
