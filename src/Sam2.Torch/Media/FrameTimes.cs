using System.Globalization;
using System.Text.RegularExpressions;

namespace Sam2.Torch.Media;

/// <summary>A frame as it comes from its source.</summary>
/// <param name="Image">The picture, upright.</param>
/// <param name="Time">When it is shown; null where the source doesn't say.</param>
internal sealed record TimedImage(RgbImage Image, TimeSpan? Time);

/// <summary>
/// When the frames that ffmpeg decodes are shown. Raw frames carry no times, so a filter has ffmpeg print them among its messages, one line
/// for each frame, before it hands the frame out.
/// </summary>
/// <param name="unit">The unit in which the times are printed, as a fraction of a second.</param>
internal sealed partial class FrameTimes((int Numerator, int Denominator) unit)
{
    private readonly Queue<TimeSpan?> _times = [];
    private bool _isComplete;

    /// <summary>
    /// How messages are asked for: the times are no errors, so that others of their level come, too, and all need to tell their level.
    /// </summary>
    public static string LogLevel => "level+info";

    /// <summary>The filters that print the time of each frame that passes them. Without a key there would be nothing to print.</summary>
    public string Filter { get; } = string.Create(
        CultureInfo.InvariantCulture, $"settb={unit.Numerator}/{unit.Denominator},metadata=mode=add:key=t:value=0,metadata=mode=print:key=t");

    /// <summary>Looks at a line of ffmpeg's messages, and keeps a time if it is one.</summary>
    /// <returns>The line as it reads without the level in front; null for lines that say nothing about a failure.</returns>
    public string? Take(string line)
    {
        if (Time().Match(line) is { Success: true } time)
        {
            bool isKnown = long.TryParse(time.Groups[1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long count);
            double ticks = Math.Round((double)count * unit.Numerator / unit.Denominator * TimeSpan.TicksPerSecond);
            lock (_times)
            {
                _times.Enqueue(isKnown && Math.Abs(ticks) < long.MaxValue ? TimeSpan.FromTicks((long)ticks) : null);
                Monitor.Pulse(_times);
            }

            return null;
        }

        var level = Level().Match(line);
        return !level.Success ? line : level.Groups[2].Value is "error" or "fatal" or "panic" ? level.Groups[1].Value + level.Groups[3].Value : null;
    }

    /// <summary>No more lines come.</summary>
    public void Complete()
    {
        lock (_times)
        {
            _isComplete = true;
            Monitor.Pulse(_times);
        }
    }

    /// <summary>The time of the next frame, whose line may still be on its way; null where there is none.</summary>
    /// <param name="hasEnded">Whether ffmpeg has ended, so that it is not worth waiting for long.</param>
    public TimeSpan? Next(Func<bool> hasEnded)
    {
        // Something that ffmpeg has started may keep its messages open; then nobody says that no more come.
        const int Step = 100, LastSteps = 10;
        lock (_times)
        {
            for (int step = 0; _times.Count == 0 && !_isComplete && step < LastSteps; step += hasEnded() ? 1 : 0)
            {
                Monitor.Wait(_times, Step);
            }

            return _times.TryDequeue(out var time) ? time : null;
        }
    }

    [GeneratedRegex(@"\[info\] frame:\d+ +pts:(-?\d+|NOPTS)\b")]
    private static partial Regex Time();

    [GeneratedRegex(@"^((?:\[[^\]]* @ [^\]]*\] )*)\[(quiet|panic|fatal|error|warning|info|verbose|debug|trace)\] (.*)$")]
    private static partial Regex Level();
}
