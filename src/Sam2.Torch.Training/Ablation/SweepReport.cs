using System.Globalization;
using System.Text;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Torch.Training.Ablation;

/// <summary>The results of a sweep: a table of means and spreads over seeds, and charts, in Markdown and HTML.</summary>
internal static class SweepReport
{
    private const int CurvePoints = 100;

    /// <summary>Writes <c>report.md</c>, <c>report.html</c> and <c>charts/*.svg</c> of the finished runs.</summary>
    public static void Write(Sweep sweep, IReadOnlyList<SweepVariant> variants, SweepFolder folder)
    {
        var results = variants.ToDictionary(v => v, v => sweep.Seeds.Select(seed => folder.Result(v, seed)).OfType<SweepResult>().ToList());
        var metrics = results.Values.SelectMany(list => list).SelectMany(result => result.Scores).Select(score => score.Key).Distinct().ToList();
        var main = sweep.Metric ?? metrics.FirstOrDefault() ?? "";
        var intro = Introduction(sweep, variants, results);
        var tables = Tables(variants, results, metrics, main).ToList();
        var charts = Charts(sweep, variants, results, folder, main).ToList();

        foreach (var (name, svg) in charts)
            folder.WriteText($"charts/{name}.svg", svg);
        folder.WriteText("report.html", ToHtml(sweep.Title, intro, tables, charts));
        folder.WriteText("report.md", ToMarkdown(sweep.Title, intro, tables, charts));
    }

    private static List<string> Introduction(Sweep sweep, IReadOnlyList<SweepVariant> variants, Dictionary<SweepVariant, List<SweepResult>> results)
    {
        var steps = variants.SelectMany(v => v.Recipes.Values).Select(recipe => recipe.Steps).Distinct().Order().ToList();
        var text = new List<string>
        {
            $"{variants.Count} variants, {string.Join(" or ", steps)} steps each, seeds {string.Join(", ", sweep.Seeds)}. "
            + "Values are means over the seeds ± the standard deviation of a sample.",
        };
        var (over, all) = (results.Values.Sum(list => list.Count), variants.Count * sweep.Seeds.Count);
        if (over < all)
            text.Add($"The sweep is not over: {over} of {all} runs are.");
        foreach (var (variant, error) in results.SelectMany(r => r.Value.Where(result => result.Error is not null).Select(result => (r.Key.Name, result.Error))))
            text.Add($"A run of '{variant}' failed: {error}");
        return text;
    }

    private static IEnumerable<(string Heading, ReportTable Table)> Tables(
        IReadOnlyList<SweepVariant> variants, Dictionary<SweepVariant, List<SweepResult>> results, IReadOnlyList<string> metrics, string main)
    {
        IEnumerable<string> columns = metrics.OrderByDescending(metric => metric == main);
        yield return ("Scores", new ReportTable(
            ["variant", .. columns, "runs", "parameters, M", "hours"],
            [.. variants.Select(variant => (IReadOnlyList<string>)
            [
                variant.Name,
                .. columns.Select(metric => Score(results[variant], metric).ToString()),
                results[variant].Count(result => result.Error is null).ToString(CultureInfo.InvariantCulture),
                results[variant].Count == 0 ? "–" : (results[variant][0].Parameters / 1e6).ToString("0.00", CultureInfo.InvariantCulture),
                MeanAndSpread.Of(results[variant].Where(r => r.Error is null).Select(r => r.Hours)).ToString(),
            ])]));
        yield return ("Settings", new ReportTable(
            ["variant", "settings"],
            [.. variants.Select(variant => (IReadOnlyList<string>)
                [variant.Name, string.Join(", ", variant.Settings)])]));
    }

    private static IEnumerable<(string Name, string Svg)> Charts(
        Sweep sweep, IReadOnlyList<SweepVariant> variants, Dictionary<SweepVariant, List<SweepResult>> results, SweepFolder folder, string main)
    {
        yield return ("scores", new BarChart($"{main}, mean ± spread over seeds", main, [.. variants.Select(variant =>
        {
            var score = Score(results[variant], main);
            return new ChartBar(variant.Name, score.Mean, score.Low, score.High);
        })]).ToSvg());
        foreach (var axis in sweep.Axes)
            if (OverNumbers(axis, variants, results, main) is { Count: > 0 } series)
                yield return ($"axis-{FileName(axis.Name)}", new XyChart($"{main} over {axis.Name}", axis.Name, main, series).ToSvg());
        var curves = variants.Select(variant => new ChartSeries(variant.Name, Curve(variant, sweep.Seeds, folder), Marks: false)).Where(series => series.Points.Count > 0).ToList();
        if (curves.Count > 0)
            yield return ("losses", new XyChart("Training loss, mean ± spread over seeds", "step", "loss", curves).ToSvg());
    }

    /// <summary>A line over an axis whose choices are numbers, for each combination of the other choices.</summary>
    private static List<ChartSeries> OverNumbers(SweepAxis axis, IReadOnlyList<SweepVariant> variants, Dictionary<SweepVariant, List<SweepResult>> results, string main) =>
        [.. variants.Select(variant => (Variant: variant, At: Place(axis, variant))).Where(v => v.At is not null)
            .GroupBy(v => string.Join(", ", v.Variant.Choices.Where(choice => choice.Key != axis.Name).Select(choice => $"{choice.Key} {choice.Value.Name}")))
            .Where(group => group.Count() > 1)
            .Select(group => new ChartSeries(group.Key, [.. group.OrderBy(v => v.At).Select(v =>
            {
                var score = Score(results[v.Variant], main);
                return new ChartPoint(v.At!.Value, score.Mean, score.Low, score.High);
            })], Marks: true))];

    private static double? Place(SweepAxis axis, SweepVariant variant) =>
        variant.Choices.Count == 0 ? axis.RecipeAt : variant.Choices.GetValueOrDefault(axis.Name)?.At;

    /// <summary>The training loss, averaged over seeds and over stretches of steps.</summary>
    private static List<ChartPoint> Curve(SweepVariant variant, IReadOnlyList<long> seeds, SweepFolder folder)
    {
        var runs = seeds.Select(seed => folder.Losses(variant, seed)).Where(losses => losses.Count > 0).ToList();
        var last = runs.SelectMany(losses => losses).Select(loss => loss.Step).DefaultIfEmpty(0).Max();
        var stretch = Math.Max(1.0, last / (double)CurvePoints);
        return [.. runs.SelectMany(losses => losses.GroupBy(loss => (long)((loss.Step - 1) / stretch)).Select(part => (part.Key, Loss: part.Average(loss => loss.Loss))))
            .GroupBy(part => part.Key).OrderBy(part => part.Key)
            .Select(part =>
            {
                var loss = MeanAndSpread.Of(part.Select(p => p.Loss));
                return new ChartPoint((part.Key + 1) * stretch, loss.Mean, loss.Low, loss.High);
            })];
    }

    private static MeanAndSpread Score(IEnumerable<SweepResult> results, string metric) => MeanAndSpread.Of(results.Select(result => result[metric]));

    private static string ToHtml(string title, List<string> intro, List<(string Heading, ReportTable Table)> tables, List<(string Name, string Svg)> charts)
    {
        var page = new HtmlPage(title);
        intro.ForEach(text => page.Paragraph(text));
        page.Heading(tables[0].Heading).Table(tables[0].Table);
        foreach (var (_, svg) in charts)
            page.Chart(svg);
        foreach (var (heading, table) in tables.Skip(1))
            page.Heading(heading).Table(table);
        return page.ToString();
    }

    private static string ToMarkdown(string title, List<string> intro, List<(string Heading, ReportTable Table)> tables, List<(string Name, string Svg)> charts)
    {
        var text = new StringBuilder($"# {title}\n");
        foreach (var paragraph in intro)
            text.Append('\n').Append(paragraph).Append('\n');
        text.Append($"\n## {tables[0].Heading}\n\n").Append(tables[0].Table.ToMarkdown());
        foreach (var (name, _) in charts)
            text.Append($"\n![{name}](charts/{name}.svg)\n");
        foreach (var (heading, table) in tables.Skip(1))
            text.Append($"\n## {heading}\n\n").Append(table.ToMarkdown());
        return text.ToString();
    }

    private static string FileName(string name) => new([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')]);
}

/// <summary>Mean and standard deviation of a score over seeds.</summary>
/// <param name="Mean">The mean; not a number without values.</param>
/// <param name="Spread">The standard deviation of a sample; null with fewer than two values.</param>
/// <param name="Count">Number of values.</param>
internal sealed record MeanAndSpread(double Mean, double? Spread, int Count)
{
    /// <summary>Computes both from values; those that are not finite don't count.</summary>
    public static MeanAndSpread Of(IEnumerable<double> values)
    {
        var finite = values.Where(double.IsFinite).ToList();
        var mean = finite.DefaultIfEmpty(double.NaN).Average();
        return new(mean, finite.Count < 2 ? null : Math.Sqrt(finite.Sum(v => (v - mean) * (v - mean)) / (finite.Count - 1)), finite.Count);
    }

    /// <summary>Lower end of the spread, or null.</summary>
    public double? Low => Mean - Spread;

    /// <summary>Upper end of the spread, or null.</summary>
    public double? High => Mean + Spread;

    /// <summary><c>0.812 ± 0.004</c>, in the invariant culture; a dash without values.</summary>
    public override string ToString() => Count == 0 ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{Mean:0.000}{(Spread is { } spread ? $" ± {spread.ToString("0.000", CultureInfo.InvariantCulture)}" : "")}");
}
