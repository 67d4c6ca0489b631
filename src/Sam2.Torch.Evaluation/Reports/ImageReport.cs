using System.Globalization;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Makes reports of images.</summary>
public static class ImageReport
{
    private const int ShownWorstCases = 8;

    /// <summary>Numbers of clicks after which the mean IoU is listed, where that many were made.</summary>
    private static readonly int[] ListedClicks = [1, 3, 5, 10, 20];

    private static readonly double[] Thresholds = [0.85, 0.90];

    /// <summary>Sums up what was measured. Every object of every image counts the same.</summary>
    /// <param name="title">A heading.</param>
    /// <param name="settings">Everything that was chosen, by name.</param>
    /// <param name="images">What was measured, in the data set's order.</param>
    public static Report Create(string title, IReadOnlyDictionary<string, string> settings, IReadOnlyList<ImageResult> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var objects = images.SelectMany(i => i.Objects).ToList();
        return new Report("image", title, settings, Values(objects), [.. images.SelectMany(i => i.Objects.Select(o => Item(i, o)))])
        {
            Speed = new EvaluationSpeed(
                images.Sum(i => i.Speed.Frames), images.Sum(i => i.Speed.Seconds), images.Select(i => i.Speed.PeakMemoryBytes).DefaultIfEmpty(0).Max()),
            Videos = [.. images.Where(i => i.Objects.Count > 0).Select(i => new ReportGroup(i.Video, i.Objects.Count, Values(i.Objects)))],
            Breakdowns =
            [
                new ReportBreakdown("size", [.. objects.GroupBy(o => ObjectGroups.SizeOf(o.Area)).OrderBy(g => g.Key)
                    .Select(g => new ReportGroup(g.Key.ToString().ToLowerInvariant(), g.Count(), Values([.. g])))]),
            ],
            Charts = [OverClicks(objects)],
            WorstCases = [.. images.SelectMany(i => i.Objects.Select(o => (i.Video, o))).OrderBy(w => w.o.J + w.o.F)
                .Take(ShownWorstCases).Select(w => new WorstCase(w.Video, w.o.Object, w.o.Frame, 100 * w.o.J, 100 * w.o.F))],
        };
    }

    private static Dictionary<string, double> Values(IReadOnlyList<ImageObjectResult> objects)
    {
        double Percent(Func<ImageObjectResult, double> value) => 100 * objects.Select(value).DefaultIfEmpty(double.NaN).Average();
        int clicks = objects.Count == 0 ? 0 : objects[0].ClickIous.Count;
        var values = new Dictionary<string, double>
        {
            [MetricNames.JAndF] = (Percent(o => o.J) + Percent(o => o.F)) / 2,
            [MetricNames.J] = Percent(o => o.J),
            [MetricNames.F] = Percent(o => o.F),
        };
        foreach (int k in ListedClicks.Where(k => k <= clicks)) values[Name("mIoU@", k)] = Percent(o => o.ClickIous[k - 1]);
        values["oracle mIoU@1"] = Percent(o => o.OracleIou);
        values["mIoU box"] = Percent(o => o.BoxIou);
        values["oracle mIoU box"] = Percent(o => o.BoxOracleIou);
        values["mIoU box+click"] = Percent(o => o.BoxClickIou);
        values["IoU AUC"] = Percent(o => ClickCurve.Area(o.ClickIous));
        foreach (int k in ListedClicks.Where(k => k <= clicks)) values[Name("boundary IoU@", k)] = Percent(o => o.ClickBoundaryIous[k - 1]);
        values["boundary IoU box"] = Percent(o => o.BoxBoundaryIou);
        foreach (double threshold in Thresholds)
        {
            int percent = (int)Math.Round(100 * threshold);
            var needed = objects.Select(o => ClickCurve.NumberOfClicks(o.ClickIous, threshold)).ToList();
            values[Name("NoC@", percent)] = needed.Select(n => (double)n.Clicks).DefaultIfEmpty(double.NaN).Average();
            values[Name("failures@", percent)] = needed.Count(n => n.IsFailure);
        }

        return values;
    }

    private static ReportItem Item(ImageResult image, ImageObjectResult o)
    {
        var values = Values([o]);
        values["area"] = o.Area;
        return new ReportItem(image.Video, image.Speed.Frames > 1 ? $"{o.Frame}/{o.Object}" : o.Object, values);
    }

    private static ReportChart OverClicks(IReadOnlyList<ImageObjectResult> objects)
    {
        ChartSeries Series(string name, Func<ImageObjectResult, IReadOnlyList<double>> curve) => new(
            name, objects.Count == 0 ? [] : [.. Enumerable.Range(0, curve(objects[0]).Count).Select(k => new ChartPoint(k + 1, 100 * objects.Average(o => curve(o)[k])))], Marks: true);
        return new ReportChart("IoU over clicks", "clicks", "percent", [Series("mIoU", o => o.ClickIous), Series("boundary IoU", o => o.ClickBoundaryIous)]);
    }

    private static string Name(string prefix, int number) => prefix + number.ToString(CultureInfo.InvariantCulture);
}
