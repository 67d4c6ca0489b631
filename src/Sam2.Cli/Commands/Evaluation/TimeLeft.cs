using System.Diagnostics;
using System.Globalization;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>Counts what is done and estimates how long the rest takes. Safe to use from several threads.</summary>
/// <param name="verb">What is being done.</param>
/// <param name="total">How much there is to do.</param>
internal sealed class TimeLeft(string verb, int total)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _done;

    /// <summary>Counts one as done and says how far it is.</summary>
    public string Advance() => Describe(Interlocked.Increment(ref _done));

    /// <summary>Says how far it is.</summary>
    /// <param name="part">What is done of the next one, 0 to 1.</param>
    public string Describe(double part = 0) => Describe(Volatile.Read(ref _done), part);

    private string Describe(int done, double part = 0)
    {
        double worked = done + part;
        var text = string.Create(CultureInfo.InvariantCulture, $"{verb}: {done} of {total} videos");
        if (worked <= 0) return text;
        var rest = TimeSpan.FromSeconds(_watch.Elapsed.TotalSeconds / worked * (total - worked));
        var format = rest.TotalDays >= 1 ? @"d\.hh\:mm\:ss" : @"h\:mm\:ss";
        return $"{text}, {rest.ToString(format, CultureInfo.InvariantCulture)} left";
    }
}
