using System.Globalization;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Makes reports of videos.</summary>
public static class VideoReport
{
    private const int TimeSteps = 10;
    private const int ShownWorstCases = 8;

    /// <summary>Sums up what was measured after the only, or the last, round of prompts.</summary>
    /// <param name="kind">The protocol.</param>
    /// <param name="title">A heading.</param>
    /// <param name="settings">Everything that was chosen, by name.</param>
    /// <param name="videos">What was measured, in the data set's order.</param>
    /// <param name="skipFirstAndLast">Whether the first and the last annotated frame of each object don't count.</param>
    public static Report Create(
        string kind, string title, IReadOnlyDictionary<string, string> settings, IReadOnlyList<VideoResult> videos, bool skipFirstAndLast)
    {
        ArgumentNullException.ThrowIfNull(videos);
        var objects = Objects(videos, v => v.Rounds[^1], skipFirstAndLast);
        return new Report(kind, title, settings, Percent(objects), [.. objects.Select(Item)])
        {
            Speed = TotalSpeed(videos),
            Videos = [.. objects.GroupBy(o => o.Video).Select(g => new ReportGroup(g.Key, g.Count(), Percent([.. g])))],
            Breakdowns = Breakdowns(objects),
            Charts = [OverTime(objects), .. SpeedAgainstAccuracy(videos, objects)],
            WorstCases = Worst(objects),
        };
    }

    internal static List<ScoredObject> Objects(IReadOnlyList<VideoResult> videos, Func<VideoResult, RoundResult> round, bool skipFirstAndLast) =>
        [.. from video in videos
            from frames in round(video).Objects
            let score = frames.Conclude(skipFirstAndLast)
            where score is not null
            select new ScoredObject(video.Video, frames, score)];

    internal static Dictionary<string, double> Percent(IReadOnlyList<ScoredObject> objects)
    {
        var score = new DatasetScore([new VideoScore("", [.. objects.Select(o => o.Score)])]);
        return new()
        {
            [MetricNames.JAndF] = 100 * score.JAndF,
            [MetricNames.J] = 100 * score.J,
            [MetricNames.F] = 100 * score.F,
            [MetricNames.JDecay] = 100 * score.JDecay,
            [MetricNames.JRecall] = 100 * score.JRecall,
        };
    }

    internal static EvaluationSpeed? TotalSpeed(IReadOnlyList<VideoResult> videos)
    {
        var speeds = videos.Select(v => v.Speed).OfType<EvaluationSpeed>().ToList();
        return speeds.Count == 0 ? null : new EvaluationSpeed(speeds.Sum(s => s.Frames), speeds.Sum(s => s.Seconds), speeds.Max(s => s.PeakMemoryBytes));
    }

    internal static IReadOnlyList<ReportBreakdown> Breakdowns(IReadOnlyList<ScoredObject> objects) =>
    [
        Breakdown("size", objects, o => ObjectGroups.SizeOf(o.Frames.MeanArea).ToString().ToLowerInvariant(), ["small", "medium", "large"]),
        Breakdown("visibility", objects, o => ObjectGroups.VisibilityOf(o.Frames.VisibilityChanges), [.. new[] { 0, 1, 3 }.Select(ObjectGroups.VisibilityOf)]),
    ];

    /// <summary>The mean of J and F over the length of a video, in tenths.</summary>
    internal static ReportChart OverTime(IReadOnlyList<ScoredObject> objects)
    {
        ChartSeries Series(string name, Func<FrameScore, double> value) => new(name, [.. Enumerable.Range(0, TimeSteps).Select(step => new ChartPoint(
            100.0 * (step + 0.5) / TimeSteps,
            100 * objects.SelectMany(o => o.Score.Frames.Where((_, i) => i * TimeSteps / o.Score.Frames.Count == step)).Select(value).DefaultIfEmpty(double.NaN).Average()))],
            Marks: true);
        return new ReportChart("J and F over time", "part of the video, percent", "percent", [Series(MetricNames.J, f => f.J), Series(MetricNames.F, f => f.F)]);
    }

    internal static IEnumerable<ReportChart> SpeedAgainstAccuracy(IReadOnlyList<VideoResult> videos, IReadOnlyList<ScoredObject> objects)
    {
        var scores = objects.GroupBy(o => o.Video).ToDictionary(g => g.Key, g => 100 * g.Average(o => o.Score.JAndF));
        var points = videos.Where(v => v.Speed is not null && scores.ContainsKey(v.Video))
            .Select(v => new ChartPoint(v.Speed!.FramesPerSecond, scores[v.Video], Label: videos.Count <= 12 ? v.Video : null)).ToList();
        if (points.Count > 0)
        {
            yield return new ReportChart("Speed against accuracy", "frames per second", "J&F of a video, percent", [new("", points, Line: false)]);
        }
    }

    internal static IReadOnlyList<WorstCase> Worst(IReadOnlyList<ScoredObject> objects) =>
        [.. objects.Select(o => (o, frame: o.Score.Frames.MinBy(f => f.J + f.F)))
            .OrderBy(w => w.frame.J + w.frame.F).ThenBy(w => w.o.Video, StringComparer.Ordinal).ThenBy(w => w.o.Score.Object, StringComparer.Ordinal)
            .Take(ShownWorstCases)
            .Select(w => new WorstCase(w.o.Video, w.o.Score.Object, w.frame.Frame, 100 * w.frame.J, 100 * w.frame.F))];

    private static ReportItem Item(ScoredObject o)
    {
        var values = Percent([o]);
        values["mean area"] = o.Frames.MeanArea;
        values["visibility changes"] = o.Frames.VisibilityChanges;
        return new ReportItem(o.Video, o.Score.Object, values);
    }

    private static ReportBreakdown Breakdown(
        string name, IReadOnlyList<ScoredObject> objects, Func<ScoredObject, string> group, IReadOnlyList<string> order) => new(name, [.. objects
            .GroupBy(group).OrderBy(g => order.ToList().IndexOf(g.Key))
            .Select(g => new ReportGroup(g.Key, g.Count(), Percent([.. g])))]);
}

/// <summary>An object that counts.</summary>
/// <param name="Video">Its video.</param>
/// <param name="Frames">What was measured on all annotated frames.</param>
/// <param name="Score">Its score on those that count.</param>
internal sealed record ScoredObject(string Video, ObjectFrames Frames, ObjectScore Score);

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
