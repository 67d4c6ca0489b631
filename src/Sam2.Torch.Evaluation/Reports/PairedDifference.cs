using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Metrics;

namespace Sam2.Torch.Evaluation.Reports;

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
