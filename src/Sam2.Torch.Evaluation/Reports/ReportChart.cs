using Sam2.Torch.Evaluation.Charts;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>A chart's numbers.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="XLabel">What the horizontal axis measures.</param>
/// <param name="YLabel">What the vertical axis measures.</param>
/// <param name="Series">The values.</param>
public sealed record ReportChart(string Title, string XLabel, string YLabel, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>The chart as SVG.</summary>
    public string ToSvg() => new XyChart(Title, XLabel, YLabel, Series).ToSvg();
}
