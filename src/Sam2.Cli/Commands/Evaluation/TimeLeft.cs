using System.Diagnostics;
using System.Globalization;

namespace Sam2.Cli.Commands.Evaluation;

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
