namespace Sam2.Torch.Evaluation.Charts;

/// <summary>Values over a number: learning curves, accuracy over clicks, speed against accuracy. Written as SVG.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="XLabel">What the horizontal axis measures, with its unit.</param>
/// <param name="YLabel">What the vertical axis measures, with its unit.</param>
/// <param name="Series">What is shown; without any value an empty frame is drawn.</param>
public sealed record XyChart(string Title, string XLabel, string YLabel, IReadOnlyList<ChartSeries> Series)
{
    private const double Left = 62, Right = 18, Top = 34, Bottom = 48, LegendLine = 18;

    /// <summary>Width in pixels.</summary>
    public double Width { get; init; } = 640;

    /// <summary>Height in pixels, without the legend.</summary>
    public double Height { get; init; } = 340;

    /// <summary>Whether equal ratios take equal space on the horizontal axis.</summary>
    public bool LogarithmicX { get; init; }

    /// <summary>Whether equal ratios take equal space on the vertical axis; only if all values are above 0.</summary>
    public bool LogarithmicY { get; init; }

    /// <summary>The values that the vertical axis shows; fitted to the series when null.</summary>
    public (double Low, double High)? YRange { get; init; }

    /// <summary>The chart as an SVG element that can stand alone or in a page.</summary>
    public string ToSvg()
    {
        var named = Series.Select((series, index) => (series, index)).Where(s => s.series.Name.Length > 0).ToList();
        var svg = new SvgBuilder(Width, Height + (named.Count * LegendLine), Title);
        var points = Series.SelectMany(s => s.Points).Where(p => double.IsFinite(p.Y)).ToList();
        var x = new AxisScale(points.Select(p => p.X), Left, Width - Right, LogarithmicX, ticks: 8);
        var y = new AxisScale(
            points.SelectMany(p => new[] { p.Y, p.Low ?? p.Y, p.High ?? p.Y }), Height - Bottom, Top, LogarithmicY, YRange);
        DrawAxes(svg, x, y);
        for (int i = 0; i < Series.Count; i++)
        {
            DrawSeries(svg, Series[i], ChartColours.Of(i), x, y);
        }

        for (int line = 0; line < named.Count; line++)
        {
            double at = Height + (line * LegendLine);
            svg.Rectangle(Left, at, 12, 12, ChartColours.Of(named[line].index));
            svg.Text(Left + 18, at + 10.5, named[line].series.Name);
        }

        return svg.ToString();
    }

    private void DrawAxes(SvgBuilder svg, AxisScale x, AxisScale y)
    {
        svg.Text(Left, 18, Title, bold: true);
        foreach (double tick in y.Ticks)
        {
            svg.Line(Left, y[tick], Width - Right, y[tick], opacity: 0.15);
            svg.Text(Left - 8, y[tick] + 4, AxisScale.Format(tick), "end");
        }

        foreach (double tick in x.Ticks)
        {
            svg.Line(x[tick], Height - Bottom, x[tick], Height - Bottom + 5);
            svg.Text(x[tick], Height - Bottom + 19, AxisScale.Format(tick), "middle");
        }

        svg.Line(Left, Height - Bottom, Width - Right, Height - Bottom);
        svg.Line(Left, Top, Left, Height - Bottom);
        svg.Text((Left + Width - Right) / 2, Height - 10, XLabel, "middle");
        svg.Text(16, (Top + Height - Bottom) / 2, YLabel, "middle", upwards: true);
    }

    private void DrawSeries(SvgBuilder svg, ChartSeries series, string colour, AxisScale x, AxisScale y)
    {
        if (series.Line)
        {
            foreach (var run in Runs(series.Points))
            {
                if (run.TrueForAll(p => p.Low is not null && p.High is not null))
                {
                    svg.Area([.. run.Select(p => (x[p.X], y[p.High!.Value])), .. run.AsEnumerable().Reverse().Select(p => (x[p.X], y[p.Low!.Value]))], colour);
                }

                svg.Polyline(run.Select(p => (x[p.X], y[p.Y])), colour);
            }
        }

        foreach (var p in series.Points.Where(p => double.IsFinite(p.Y)))
        {
            var (px, py) = (x[p.X], y[p.Y]);
            if (!series.Line && p is { Low: { } low, High: { } high })
            {
                svg.Line(px, y[low], px, y[high], colour, width: 1.5);
            }

            if (series.Marks || !series.Line)
            {
                svg.Dot(px, py, colour, $"{series.Name} {p.Label}: {AxisScale.Format(p.X)}, {AxisScale.Format(p.Y)}".Trim());
            }

            if (p.Label is { } label)
            {
                bool isFarRight = px > Width * 0.7;
                svg.Text(px + (isFarRight ? -7 : 7), py - 6, label, isFarRight ? "end" : "start");
            }
        }
    }

    /// <summary>Values without gaps between them.</summary>
    private static IEnumerable<List<ChartPoint>> Runs(IEnumerable<ChartPoint> points)
    {
        var run = new List<ChartPoint>();
        foreach (var p in points)
        {
            if (double.IsFinite(p.Y))
            {
                run.Add(p);
            }
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }
}

/// <summary>Values that belong together and share a colour.</summary>
/// <param name="Name">What the legend says; no entry for an empty name.</param>
/// <param name="Points">The values, in the order in which a line joins them.</param>
/// <param name="Line">Whether a line joins the values; uncertainties are then a band, else bars.</param>
/// <param name="Marks">Whether each value is marked by a dot.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points, bool Line = true, bool Marks = false);

/// <summary>A value in a chart.</summary>
/// <param name="X">Where it is on the horizontal axis.</param>
/// <param name="Y">Where it is on the vertical axis; NaN leaves a gap.</param>
/// <param name="Low">Lower end of its uncertainty, if known.</param>
/// <param name="High">Upper end of its uncertainty, if known.</param>
/// <param name="Label">What is written beside it, if anything.</param>
public readonly record struct ChartPoint(double X, double Y, double? Low = null, double? High = null, string? Label = null);
