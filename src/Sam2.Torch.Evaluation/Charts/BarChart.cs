using System.Globalization;

namespace Sam2.Torch.Evaluation.Charts;

/// <summary>Values of named things side by side, as horizontal bars from 0. Written as SVG.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Label">What the bars measure, with its unit.</param>
/// <param name="Bars">The bars, from the top.</param>
public sealed record BarChart(string Title, string Label, IReadOnlyList<ChartBar> Bars)
{
    private const double Top = 34, Bottom = 44, Right = 60, BarHeight = 18, Step = 26, LetterWidth = 6.6;

    /// <summary>Width in pixels.</summary>
    public double Width { get; init; } = 640;

    /// <summary>The chart as an SVG element that can stand alone or in a page.</summary>
    public string ToSvg()
    {
        double left = 20 + (LetterWidth * Math.Clamp(Bars.Select(b => b.Name.Length).DefaultIfEmpty(0).Max(), 4, 40));
        double height = Top + (Bars.Count * Step) + Bottom;
        var svg = new SvgBuilder(Width, height, Title);
        var x = new AxisScale(
            Bars.SelectMany(b => new[] { b.Value, b.Low ?? b.Value, b.High ?? b.Value }).Append(0), left, Width - Right);
        svg.Text(20, 18, Title, bold: true);
        foreach (double tick in x.Ticks)
        {
            svg.Line(x[tick], Top, x[tick], height - Bottom, opacity: 0.15);
            svg.Text(x[tick], height - Bottom + 16, AxisScale.Format(tick), "middle");
        }

        for (int i = 0; i < Bars.Count; i++)
        {
            DrawBar(svg, Bars[i], x, left, Top + (i * Step));
        }

        svg.Line(x[0], Top, x[0], height - Bottom);
        svg.Text((left + Width - Right) / 2, height - 8, Label, "middle");
        return svg.ToString();
    }

    private static void DrawBar(SvgBuilder svg, ChartBar bar, AxisScale x, double left, double top)
    {
        svg.Text(left - 10, top + 14, bar.Name, "end");
        if (!double.IsFinite(bar.Value))
        {
            svg.Text(x[0] + 8, top + 14, "–");
            return;
        }

        var (from, to) = (Math.Min(x[0], x[bar.Value]), Math.Max(x[0], x[bar.Value]));
        string value = bar.Value.ToString("0.##", CultureInfo.InvariantCulture);
        svg.Rectangle(from, top, to - from, BarHeight, ChartColours.Of(0), $"{bar.Name}: {value}");
        if (bar is { Low: { } low, High: { } high })
        {
            svg.Line(x[low], top + (BarHeight / 2), x[high], top + (BarHeight / 2), width: 1.5);
            to = Math.Max(to, x[high]);
        }

        svg.Text(to + 6, top + 14, value);
    }
}

/// <summary>A bar of a <see cref="BarChart"/>.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Value">How long it is; NaN draws none.</param>
/// <param name="Low">Lower end of the value's uncertainty, if known.</param>
/// <param name="High">Upper end of the value's uncertainty, if known.</param>
public sealed record ChartBar(string Name, double Value, double? Low = null, double? High = null);
