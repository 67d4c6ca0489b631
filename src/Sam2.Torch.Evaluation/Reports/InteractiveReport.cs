using System.Globalization;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Makes reports of interactive segmentation: scores after 1, 2, … annotated frames.</summary>
public static class InteractiveReport
{
    /// <summary>
    /// Sums up what was measured. J&amp;F, J and F are means over the rounds, as in the paper's figures; J&amp;F@n is what n annotated
    /// frames give.
    /// </summary>
    /// <param name="title">A heading.</param>
    /// <param name="settings">Everything that was chosen, by name.</param>
    /// <param name="videos">What was measured, in the data set's order.</param>
    /// <param name="skipFirstAndLast">Whether the first and the last annotated frame of each object don't count.</param>
    public static Report Create(
        string title, IReadOnlyDictionary<string, string> settings, IReadOnlyList<VideoResult> videos, bool skipFirstAndLast)
    {
        ArgumentNullException.ThrowIfNull(videos);
        int rounds = videos.Count == 0 ? 0 : videos.Min(v => v.Rounds.Count);
        var byRound = Enumerable.Range(0, rounds).Select(i => VideoReport.Objects(videos, v => v.Rounds[i], skipFirstAndLast)).ToList();
        var last = rounds > 0 ? byRound[^1] : [];
        var metrics = Values(byRound);
        return new Report("interactive", title, settings, metrics, [.. last.Select((o, i) =>
            new ReportItem(o.Video, o.Score.Object, Values([.. byRound.Select(r => new List<ScoredObject> { r[i] })])))])
        {
            Speed = VideoReport.TotalSpeed(videos),
            Videos = PerVideo(byRound),
            Breakdowns = VideoReport.Breakdowns(last),
            Charts = [OverAnnotatedFrames(byRound), VideoReport.OverTime(last), .. VideoReport.SpeedAgainstAccuracy(videos, last)],
            WorstCases = VideoReport.Worst(last),
        };
    }

    private static IReadOnlyList<ReportGroup> PerVideo(IReadOnlyList<List<ScoredObject>> rounds)
    {
        var lookups = rounds.Select(r => r.ToLookup(o => o.Video)).ToList();
        return [.. (lookups.LastOrDefault() ?? Enumerable.Empty<IGrouping<string, ScoredObject>>()).Select(video =>
            new ReportGroup(video.Key, video.Count(), Values([.. lookups.Select(l => l[video.Key].ToList())])))];
    }

    private static Dictionary<string, double> Values(IReadOnlyList<List<ScoredObject>> rounds)
    {
        var percents = rounds.Select(VideoReport.Percent).ToList();
        double Mean(string name) => percents.Select(p => p[name]).DefaultIfEmpty(double.NaN).Average();
        var values = new Dictionary<string, double>
        {
            [MetricNames.JAndF] = Mean(MetricNames.JAndF),
            [MetricNames.J] = Mean(MetricNames.J),
            [MetricNames.F] = Mean(MetricNames.F),
        };
        for (int i = 0; i < percents.Count; i++)
        {
            values[string.Create(CultureInfo.InvariantCulture, $"{MetricNames.JAndF}@{i + 1}")] = percents[i][MetricNames.JAndF];
        }

        values["annotated frames"] = rounds.Count == 0 ? double.NaN : rounds[^1].Select(o => (double)o.Frames.Prompted.Count).DefaultIfEmpty(double.NaN).Average();
        return values;
    }

    private static ReportChart OverAnnotatedFrames(IReadOnlyList<List<ScoredObject>> rounds)
    {
        ChartSeries Series(string name) => new(name, [.. rounds.Select((r, i) => new ChartPoint(i + 1, VideoReport.Percent(r)[name]))], Marks: true);
        return new ReportChart(
            "J&F over annotated frames", "annotated frames", "percent", [Series(MetricNames.JAndF), Series(MetricNames.J), Series(MetricNames.F)]);
    }
}
