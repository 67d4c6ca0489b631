using System.Globalization;

namespace Sam2.Cli.Output;

/// <summary>The line that <c>sam2 track</c> shows while it runs.</summary>
internal static class TrackStatus
{
    private const int BarWidth = 20;

    /// <summary>Frames so far, their speed and, where it is known how many there will be, a bar and the time left.</summary>
    /// <param name="done">Frames that were tracked, at least 1.</param>
    /// <param name="expected">How many there will be, or null.</param>
    /// <param name="elapsed">Time since tracking began.</param>
    public static string Of(int done, long? expected, TimeSpan elapsed)
    {
        var perSecond = done / elapsed.TotalSeconds;
        if (expected is not { } all) return string.Create(CultureInfo.InvariantCulture, $"tracking: frame {done}, {perSecond:0.00} per second");

        // What files say of their length isn't always true.
        all = Math.Max(all, done);
        var filled = (int)(BarWidth * done / all);
        var left = TimeSpan.FromSeconds((all - done) / perSecond);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"tracking: [{new string('#', filled)}{new string('.', BarWidth - filled)}] frame {done} of {all}, {perSecond:0.00} per second, {left:h\\:mm\\:ss} left");
    }
}
