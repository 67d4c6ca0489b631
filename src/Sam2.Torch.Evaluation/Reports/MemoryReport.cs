using System.Globalization;
using System.Text.RegularExpressions;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>The report that compares memory policies: one of <see cref="VideoReport"/> for each, and their differences from the first.</summary>
public sealed partial class MemoryReport
{
    /// <summary>The score of objects that were away: see <see cref="MemoryComparison.FoundAgain"/>.</summary>
    public const string FoundAgain = "J&F found again";

    private readonly IReadOnlyList<(string Name, Report Report)> _reports;
    private readonly IReadOnlyList<MemoryCost> _costs;

    private MemoryReport(IReadOnlyList<(string Name, Report Report)> reports, IReadOnlyList<MemoryCost> costs) => (_reports, _costs) = (reports, costs);

    /// <summary>Sums up.</summary>
    /// <param name="title">A heading.</param>
    /// <param name="settings">Everything that was chosen, by name.</param>
    /// <param name="memories">The policies, the one that the others are compared with first.</param>
    /// <param name="videos">What was measured, in the data set's order.</param>
    /// <param name="costs">What a step costs with each policy.</param>
    /// <param name="skipFirstAndLast">Whether the first and the last annotated frame of each object don't count.</param>
    public static MemoryReport Create(
        string title, IReadOnlyDictionary<string, string> settings, IReadOnlyList<string> memories, IReadOnlyList<MemoryComparisonResult> videos,
        IReadOnlyList<MemoryCost> costs, bool skipFirstAndLast)
    {
        ArgumentNullException.ThrowIfNull(memories);
        ArgumentNullException.ThrowIfNull(videos);
        return new MemoryReport(
            [.. memories.Select((memory, i) => (memory, ReportOf(
                $"{title}: {memory}", new Dictionary<string, string>(settings) { ["memory"] = memory }, [.. videos.Select(v => v.Policies[i])], skipFirstAndLast)))],
            costs);
    }

    /// <summary>The scores of each policy and their differences from the first.</summary>
    public ReportTable Scores()
    {
        var comparisons = Metrics.ToDictionary(metric => metric, metric => ReportComparison.Create(_reports, metric));
        return new ReportTable(
            ["memory", .. Metrics.SelectMany(metric => new[] { metric, "difference", "95% interval" }), "videos", "objects"],
            [.. _reports.Select((report, i) => (IReadOnlyList<string>)
            [
                report.Name,
                .. Metrics.SelectMany(metric => new[]
                {
                    ReportNumber.Format(report.Report.Metrics[metric]),
                    i == 0 ? "–" : Signed(comparisons[metric].Differences[i - 1].Mean),
                    i == 0 ? "–" : $"{Signed(comparisons[metric].Differences[i - 1].Low)} to {Signed(comparisons[metric].Differences[i - 1].High)}",
                }),
                report.Report.Items.Select(item => item.Video).Distinct().Count().ToString(CultureInfo.InvariantCulture),
                report.Report.Items.Count.ToString(CultureInfo.InvariantCulture),
            ])]);
    }

    /// <summary>
    /// J&amp;F on each kind of clip: of the first policy, and by how much the others differ from it. Null where clips are not drawn, in several kinds.
    /// </summary>
    public ReportTable? Kinds()
    {
        var names = _reports[0].Report.Items.Select(item => Drawn().Match(item.Video)).ToList();
        var kinds = names.Select(name => name.Groups["kind"].Value).Distinct().ToList();
        if (kinds.Count < 2 || names.Any(name => !name.Success)) return null;
        var comparisons = kinds.ConvertAll(kind => ReportComparison.Create([.. _reports.Select(report => (report.Name, OfKind(report.Report, kind)))], MetricNames.JAndF));
        return new ReportTable(
            ["memory", .. kinds.Select((kind, i) => $"{kind}, {OfKind(_reports[0].Report, kind).Items.Select(item => item.Video).Distinct().Count()} clips")],
            [.. _reports.Select((report, i) => (IReadOnlyList<string>)
            [
                report.Name,
                .. kinds.Select((kind, k) => i == 0
                    ? ReportNumber.Format(OfKind(report.Report, kind).Items.Average(item => item.Values[MetricNames.JAndF]))
                    : Difference(comparisons[k].Differences[i - 1])),
            ])]);

        static string Difference(PairedDifference d) => $"{Signed(d.Mean)} ({Signed(d.Low)} to {Signed(d.High)})";
    }

    /// <summary>What a step costs with each policy; null where that wasn't measured.</summary>
    public ReportTable? Costs() => _costs.Count == 0 ? null : new(
        ["memory", "ms per frame", "ratio to the first"],
        [.. _costs.Select(cost => (IReadOnlyList<string>)
        [
            cost.Memory,
            ReportNumber.Format(1000 * cost.Seconds),
            ReportNumber.Format(cost.Seconds / _costs[0].Seconds),
        ])]);

    /// <summary>Writes memory.md, memory.html, and a folder with a report for each policy.</summary>
    /// <exception cref="DatasetException">A file can't be written.</exception>
    public void Write(string folder)
    {
        foreach (var (name, report) in _reports)
        {
            var own = Path.Combine(folder, "policies", string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')));
            Runs.RunFolder.CreateFolder(own);
            ReportWriter.Write(own, report);
        }

        var page = new HtmlPage($"{_reports.Count} memory policies").Table(Scores());
        var text = $"# {_reports.Count} memory policies\n\n{Scores().ToMarkdown()}";
        if (Kinds() is { } kinds)
        {
            page.Table(kinds);
            text += $"\n{kinds.ToMarkdown()}";
        }

        if (Costs() is { } costs)
        {
            page.Table(costs);
            text += $"\n{costs.ToMarkdown()}";
        }

        page.Paragraph("Differences are those of the same objects, from the first policy; intervals by the bootstrap over videos.");
        if (_reports.Count > 1)
        {
            foreach (var metric in Metrics)
            {
                page.Chart(new Charts.BarChart($"Difference in {metric} from {_reports[0].Name}", "percent points", [.. ReportComparison.Create(_reports, metric)
                    .Differences.Select(d => new Charts.ChartBar(d.Name, d.Mean, d.Low, d.High))]).ToSvg());
            }
        }

        ReportFile.Write(Path.Combine(folder, "memory.md"), text);
        ReportFile.Write(Path.Combine(folder, "memory.html"), page.ToString());
    }

    private IReadOnlyList<string> Metrics => _reports[0].Report.Metrics.ContainsKey(FoundAgain) ? [MetricNames.JAndF, FoundAgain] : [MetricNames.JAndF];

    private static Report ReportOf(
        string title, Dictionary<string, string> settings, IReadOnlyList<VideoResult> videos, bool skipFirstAndLast)
    {
        var report = VideoReport.Create("vos", title, settings, videos, skipFirstAndLast);
        var found = new Dictionary<(string, string), double>();
        foreach (var video in videos)
        {
            foreach (var frames in video.Rounds[^1].Objects)
            {
                if (MemoryComparison.FoundAgain(frames) is { } score) found[(video.Video, frames.Object)] = score;
            }
        }

        if (found.Count == 0) return report;
        return report with
        {
            Metrics = new Dictionary<string, double>(report.Metrics) { [FoundAgain] = found.Values.Average() },
            Items = [.. report.Items.Select(item => found.TryGetValue((item.Video, item.Object), out var score)
                ? item with { Values = new Dictionary<string, double>(item.Values) { [FoundAgain] = score } }
                : item)],
        };
    }

    private static Report OfKind(Report report, string kind) =>
        report with { Items = [.. report.Items.Where(item => Drawn().Match(item.Video).Groups["kind"].Value == kind)] };

    // As a drawn data set of several kinds names its clips.
    [GeneratedRegex(@"^(?<kind>.+)-\d{6}$")]
    private static partial Regex Drawn();

    private static string Signed(double value) => value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);
}
