using System.Globalization;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Compares evaluations of the same objects: all with the first one, object by object.</summary>
public sealed class ReportComparison
{
    private readonly IReadOnlyList<(string Name, Report Report)> _reports;

    private ReportComparison(IReadOnlyList<(string Name, Report Report)> reports, string metric, IReadOnlyList<PairedDifference> differences)
    {
        _reports = reports;
        Metric = metric;
        Differences = differences;
    }

    /// <summary>The score that is compared.</summary>
    public string Metric { get; }

    /// <summary>How each report but the first differs from the first, in their order.</summary>
    public IReadOnlyList<PairedDifference> Differences { get; }

    /// <summary>Compares reports.</summary>
    /// <param name="reports">At least two, with names to show.</param>
    /// <param name="metric">The score, by its name in reports.</param>
    /// <exception cref="DatasetException">The reports are of different protocols, have no object in common, or lack the score.</exception>
    public static ReportComparison Create(IReadOnlyList<(string Name, Report Report)> reports, string metric = MetricNames.JAndF)
    {
        ArgumentNullException.ThrowIfNull(reports);
        ArgumentOutOfRangeException.ThrowIfLessThan(reports.Count, 2, nameof(reports));
        var (first, baseline) = reports[0];
        foreach (var (name, report) in reports)
        {
            if (report.Kind != baseline.Kind)
                throw new DatasetException($"{name} is a report of kind '{report.Kind}', but {first} is '{baseline.Kind}'; compare like with like.");
            if (!report.Metrics.ContainsKey(metric))
                throw new DatasetException($"{name} has no score '{metric}'; it has {string.Join(", ", report.Metrics.Keys)}.");
        }

        return new ReportComparison(reports, metric, [.. reports.Skip(1).Select(r => PairedDifference.Of(first, baseline, r.Name, r.Report, metric))]);
    }

    /// <summary>The table: a line per report with its scores, speed, and difference from the first.</summary>
    public ReportTable Table()
    {
        var scores = new[] { MetricNames.JAndF, MetricNames.J, MetricNames.F, Metric }.Distinct().ToList();
        return new ReportTable(
            ["report", .. scores, "frames/s", "peak MB", $"difference in {Metric}", "95% interval", "videos", "objects"],
            [.. _reports.Select((r, i) => (IReadOnlyList<string>)
            [
                r.Name,
                .. scores.Select(s => ReportNumber.Format(r.Report.Metrics[s])),
                SpeedOf(r.Report) is { } speed ? ReportNumber.Format(speed.FramesPerSecond) : "–",
                SpeedOf(r.Report) is { PeakMemoryBytes: > 0 } memory ? ReportNumber.Format(memory.PeakMemoryBytes / 1e6) : "–",
                .. i == 0 ? ["–", "–", .. Counts(r.Report.Items.Select(o => o.Video).Distinct().Count(), r.Report.Items.Count)] : Cells(Differences[i - 1]),
            ])]);
    }

    /// <summary>The comparison as a page.</summary>
    public string ToHtml()
    {
        var page = new HtmlPage($"Comparison of {_reports.Count} evaluations").Table(Table())
            .Paragraph("Differences are those of the same objects, report minus the first; intervals by the bootstrap over videos.")
            .Chart(new BarChart($"Difference in {Metric} from {_reports[0].Name}", "percent points", [.. Differences.Select(d =>
                new ChartBar(d.Name, d.Mean, d.Low, d.High))]).ToSvg());
        var fast = _reports.Where(r => SpeedOf(r.Report) is not null).ToList();
        if (fast.Count > 0)
        {
            page.Chart(new XyChart("Speed against accuracy", "frames per second", $"{Metric}, percent", [new("", [.. fast.Select(r =>
                new ChartPoint(r.Report.Speed!.FramesPerSecond, r.Report.Metrics[Metric], Label: r.Name))], Line: false)]).ToSvg());
        }

        foreach (var title in _reports[0].Report.Charts.Where(c => c.Series.Count > 0 && c.Series[0].Line).Select(c => c.Title))
        {
            var charts = _reports.Select(r => (r.Name, Chart: r.Report.Charts.FirstOrDefault(c => c.Title == title))).Where(c => c.Chart is not null).ToList();
            page.Chart(new XyChart(
                $"{title}: {charts[0].Chart!.Series[0].Name}", charts[0].Chart!.XLabel, charts[0].Chart!.YLabel,
                [.. charts.Select(c => c.Chart!.Series[0] with { Name = c.Name })]).ToSvg());
        }

        return page.ToString();
    }

    /// <summary>Writes comparison.md and comparison.html.</summary>
    /// <exception cref="DatasetException">A file can't be written.</exception>
    public void Write(string folder)
    {
        ReportFile.Write(Path.Combine(folder, "comparison.md"), $"# Comparison of {_reports.Count} evaluations\n\n{Table().ToMarkdown()}");
        ReportFile.Write(Path.Combine(folder, "comparison.html"), ToHtml());
    }

    /// <summary>The speed of the model; how fast predictions were scored says nothing about it.</summary>
    private static EvaluationSpeed? SpeedOf(Report report) => report.IsOfPredictions ? null : report.Speed;

    private static IReadOnlyList<string> Cells(PairedDifference d) =>
        [Signed(d.Mean), $"{Signed(d.Low)} to {Signed(d.High)}", .. Counts(d.Videos, d.Objects)];

    private static IReadOnlyList<string> Counts(int videos, int objects) =>
        [videos.ToString(CultureInfo.InvariantCulture), objects.ToString(CultureInfo.InvariantCulture)];

    private static string Signed(double value) => value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);
}

/// <summary>How the scores of one report differ from another's, over the objects that both have.</summary>
/// <param name="Name">The report.</param>
/// <param name="Mean">The mean difference, in the score's unit.</param>
/// <param name="Low">Lower end of its 95% interval.</param>
/// <param name="High">Upper end of its 95% interval.</param>
/// <param name="Videos">How many videos have such objects.</param>
/// <param name="Objects">How many objects both have.</param>
public sealed record PairedDifference(string Name, double Mean, double Low, double High, int Videos, int Objects)
{
    /// <exception cref="DatasetException">The reports have no object with this score in common.</exception>
    internal static PairedDifference Of(string baselineName, Report baseline, string name, Report report, string metric)
    {
        var before = Scores(baseline, metric);
        var videos = Scores(report, metric)
            .Where(o => before.ContainsKey(o.Key))
            .GroupBy(o => o.Key.Video, o => o.Value - before[o.Key])
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (IReadOnlyList<double>)[.. g]).ToList();
        if (videos.Count == 0)
        {
            throw new DatasetException($"{name} and {baselineName} have no object with a score '{metric}' in common; compare evaluations of one data set.");
        }

        var (low, high) = BootstrapInterval.OfMean(videos);
        return new PairedDifference(name, videos.SelectMany(v => v).Average(), low, high, videos.Count, videos.Sum(v => v.Count));
    }

    private static Dictionary<(string Video, string Object), double> Scores(Report report, string metric) => report.Items
        .Where(i => i.Values.TryGetValue(metric, out double value) && double.IsFinite(value))
        .ToDictionary(i => (i.Video, i.Object), i => i.Values[metric]);
}
