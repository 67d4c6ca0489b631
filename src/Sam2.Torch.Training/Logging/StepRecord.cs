using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sam2.Torch.Training.Losses;

namespace Sam2.Torch.Training.Logging;

/// <summary>Means over the steps since the last record.</summary>
/// <param name="Step">Steps taken so far.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Losses">The losses by name; <c>core_loss</c>, the weighted sum, first.</param>
/// <param name="LearningRate">The largest learning rate of any group at the last step.</param>
/// <param name="GradientNorm">Norm of all gradients together at the last step, before clipping.</param>
/// <param name="LossScale">The factor of the loss that keeps float16 gradients from underflow; otherwise 1.</param>
/// <param name="SecondsPerStep">Wall-clock time of a step, waiting for data included.</param>
/// <param name="DataSeconds">The part of it that was spent waiting for data.</param>
/// <param name="Left">Estimated time to the end of the run.</param>
public sealed record StepRecord(
    long Step, long TotalSteps, IReadOnlyList<KeyValuePair<string, double>> Losses, double LearningRate, double GradientNorm, double LossScale,
    double SecondsPerStep, double DataSeconds, TimeSpan Left);

/// <summary>The result of a validation.</summary>
/// <param name="Step">Training steps taken so far.</param>
/// <param name="Scores">The scores by name, such as <c>video_click_j&amp;f</c>, in [0, 1].</param>
/// <param name="Best">Whether the first score is the best so far.</param>
/// <param name="Seconds">Duration.</param>
public sealed record ValidationRecord(long Step, IReadOnlyList<KeyValuePair<string, double>> Scores, bool Best, double Seconds);

/// <summary>Averages what a log record says over the steps since the last one, and estimates the time left.</summary>
internal sealed class StepMeter
{
    private const double Decay = 0.9;

    private readonly OrderedDictionary<string, double> _losses = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _secondsPerStep;
    private double _data;
    private int _batches;
    private int _steps;

    /// <summary>Adds the losses of a batch.</summary>
    public void AddBatch(IReadOnlyDictionary<string, double> losses, double dataSeconds)
    {
        foreach (var (name, loss) in losses.OrderByDescending(loss => loss.Key == LossReport.TotalName))
            _losses[name] = _losses.GetValueOrDefault(name) + loss;
        _data += dataSeconds;
        _batches++;
    }

    /// <summary>Counts a step.</summary>
    public void AddStep() => _steps++;

    /// <summary>Stops the clock for work that is not training, such as validation.</summary>
    public void Pause() => _watch.Stop();

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Continue() => _watch.Start();

    /// <summary>The record of the steps since the last one.</summary>
    public StepRecord Take(long step, long totalSteps, double learningRate, double gradientNorm, double lossScale)
    {
        var seconds = _watch.Elapsed.TotalSeconds / _steps;
        // Averaged over enough records to be steady, and over few enough to follow a machine that becomes faster or slower.
        _secondsPerStep = _secondsPerStep == 0 ? seconds : Decay * _secondsPerStep + (1 - Decay) * seconds;
        var record = new StepRecord(
            step, totalSteps, [.. _losses.Select(loss => new KeyValuePair<string, double>(loss.Key, loss.Value / _batches))],
            learningRate, gradientNorm, lossScale, seconds, _data / _steps, TimeSpan.FromSeconds(_secondsPerStep * (totalSteps - step)));
        _losses.Clear();
        (_data, _batches, _steps) = (0, 0, 0);
        _watch.Restart();
        return record;
    }
}

/// <summary>A table for people: one row per record, with the time left. As an <see cref="IProgress{T}"/> it prints what is reported.</summary>
/// <param name="output">Where the table goes; stays the caller's.</param>
public sealed class ConsoleLog(TextWriter output) : ITrainerCallback, IProgress<string>
{
    private const int RowsPerHeader = 25;
    private int _rows;

    /// <inheritdoc/>
    public void OnLog(StepRecord record)
    {
        var columns = new List<(string Title, string Value)>
        {
            ("step", Invariant($"{record.Step}/{record.TotalSteps}")),
        };
        columns.AddRange(record.Losses.Select(loss => (loss.Key, Invariant($"{loss.Value:0.0000}"))));
        columns.Add(("lr", Invariant($"{record.LearningRate:0.00e+0}")));
        columns.Add(("gradient", Invariant($"{record.GradientNorm:0.000}")));
        if (record.LossScale != 1)
            columns.Add(("scale", Invariant($"{record.LossScale:0}")));
        columns.Add(("s/step", Invariant($"{record.SecondsPerStep:0.000}")));
        columns.Add(("data", Invariant($"{record.DataSeconds:0.000}")));
        columns.Add(("left", Duration(record.Left)));

        var widths = columns.Select((column, i) => Math.Max(column.Title.Length, i == 0 ? 2 * Invariant($"{record.TotalSteps}").Length + 1 : 9)).ToList();
        if (_rows++ % RowsPerHeader == 0)
            output.WriteLine(Row(columns.Select(column => column.Title), widths));
        output.WriteLine(Row(columns.Select(column => column.Value), widths));
        output.Flush();
    }

    /// <inheritdoc/>
    public void OnValidation(ValidationRecord validation)
    {
        var scores = string.Join("  ", validation.Scores.Select(score => Invariant($"{score.Key} {score.Value:0.000}")));
        output.WriteLine(Invariant($"validation at step {validation.Step}: {scores}  ({validation.Seconds:0} s){(validation.Best ? ", the best so far" : "")}"));
        output.Flush();
    }

    /// <inheritdoc/>
    public void OnNote(string text)
    {
        output.WriteLine(text);
        output.Flush();
    }

    /// <inheritdoc/>
    void IProgress<string>.Report(string value) => OnNote(value);

    /// <summary>With days only from one day on: <c>1d 02:03:04</c>, <c>2:03:04</c>.</summary>
    internal static string Duration(TimeSpan time) =>
        time.ToString(time.TotalDays >= 1 ? "d'd 'hh\\:mm\\:ss" : "h\\:mm\\:ss", CultureInfo.InvariantCulture);

    private static string Row(IEnumerable<string> cells, IReadOnlyList<int> widths)
    {
        var row = new StringBuilder();
        foreach (var (cell, width) in cells.Zip(widths))
            row.Append(cell.PadLeft(width)).Append(' ');
        return row.ToString().TrimEnd();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
