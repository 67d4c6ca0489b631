using System.Globalization;
using System.Text;

namespace Sam2.Torch.Training.Logging;

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
