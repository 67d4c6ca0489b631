using System.Globalization;
using System.Text;
using Sam2.Torch.Data;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Writes a report for programs (report.json) and for people (report.md, and report.html, which needs no other file).</summary>
public static class ReportWriter
{
    /// <summary>How many rows tables of videos and objects have in report.md and report.html; report.json has all.</summary>
    private const int ListedItems = 200;

    /// <summary>How many values of each object fit on a page.</summary>
    private const int ListedColumns = 8;

    /// <summary>Writes the three files.</summary>
    /// <param name="folder">An existing folder; files of an earlier report are replaced.</param>
    /// <param name="report">What was found.</param>
    /// <param name="pictures">Pictures of the worst cases, for report.html.</param>
    /// <exception cref="DatasetException">A file can't be written.</exception>
    public static void Write(string folder, Report report, IReadOnlyList<ReportPicture>? pictures = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        ReportFile.Write(Path.Combine(folder, "report.html"), ToHtml(report, pictures ?? []));
        ReportFile.Write(Path.Combine(folder, "report.md"), ToMarkdown(report));

        // Written last, so that where there is a report.json, there are the others too.
        ReportJson.Write(Path.Combine(folder, "report.json"), report);
    }

    /// <summary>The report in Markdown.</summary>
    public static string ToMarkdown(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.Append("# ").Append(report.Title).Append("\n\n**").Append(report.Headline()).Append("**\n");
        foreach (var (heading, note, table) in Sections(report))
        {
            text.Append("\n## ").Append(heading).Append("\n\n").Append(table.ToMarkdown());
            if (note.Length > 0)
            {
                text.Append('\n').Append(note).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The report as a page.</summary>
    public static string ToHtml(Report report, IReadOnlyList<ReportPicture> pictures)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(pictures);
        var page = new HtmlPage(report.Title).Headline(report.Headline());
        foreach (var chart in report.Charts)
        {
            page.Chart(chart.ToSvg());
        }

        if (pictures.Count > 0)
        {
            page.Heading("Worst cases");
            foreach (var picture in pictures)
            {
                page.Picture(picture.Image, picture.Caption);
            }
        }

        foreach (var (heading, note, table) in Sections(report))
        {
            page.Heading(heading).Table(table);
            if (note.Length > 0)
            {
                page.Paragraph(note);
            }
        }

        return page.ToString();
    }

    private static IEnumerable<(string Heading, string Note, ReportTable Table)> Sections(Report report)
    {
        yield return ("Scores", report.Metrics.Keys.Any(name => name.StartsWith("NoC", StringComparison.Ordinal))
            ? "In percent, but NoC in clicks and failures in objects."
            : "In percent.", new ReportTable(
            ["metric", "value"], [.. report.Metrics.Select(m => (IReadOnlyList<string>)[m.Key, ReportNumber.Format(m.Value)])]));
        if (report.Speed is { } speed)
        {
            yield return ("Speed and memory", report.IsOfPredictions
                ? "Of scoring, all jobs together; how fast the predictions were made isn't known. Memory of the process."
                : "Frames per second of one job, reading and decoding included; memory of the process.", new ReportTable(
                ["measure", "value"],
                [
                    ["frames", speed.Frames.ToString(CultureInfo.InvariantCulture)],
                    ["seconds", ReportNumber.Format(speed.Seconds)],
                    ["frames per second", ReportNumber.Format(speed.FramesPerSecond)],
                    ["peak memory, MB", ReportNumber.Format(speed.PeakMemoryBytes / 1e6)],
                ]));
        }

        foreach (var breakdown in report.Breakdowns)
        {
            yield return ($"By {breakdown.Name}", "", Groups(breakdown.Name, breakdown.Groups, int.MaxValue));
        }

        if (report.Videos.Count > 0)
        {
            yield return (report.Kind == "image" ? "Images" : "Videos", Rest(report.Videos.Count), Groups("name", report.Videos, ListedColumns));
        }

        var columns = report.Items.SelectMany(i => i.Values.Keys).Distinct().Take(ListedColumns).ToList();
        yield return ("Objects", Rest(report.Items.Count), new ReportTable(
            ["video", "object", .. columns],
            [.. report.Items.Take(ListedItems).Select(i => (IReadOnlyList<string>)[i.Video, i.Object, .. columns.Select(c => Value(i.Values, c))])]));
        yield return ("Settings", "", new ReportTable(
            ["setting", "value"], [.. report.Settings.Select(s => (IReadOnlyList<string>)[s.Key, s.Value])]));
    }

    private static ReportTable Groups(string heading, IReadOnlyList<ReportGroup> groups, int columns)
    {
        var names = groups.SelectMany(g => g.Values.Keys).Distinct().Take(columns).ToList();
        return new ReportTable([heading, "objects", .. names], [.. groups.Take(ListedItems).Select(g => (IReadOnlyList<string>)
            [g.Name, g.Objects.ToString(CultureInfo.InvariantCulture), .. names.Select(n => Value(g.Values, n))])]);
    }

    private static string Rest(int count) => count > ListedItems ? $"The first {ListedItems} of {count}; report.json has all." : "";

    private static string Value(IReadOnlyDictionary<string, double> values, string name) =>
        values.TryGetValue(name, out double value) ? ReportNumber.Format(value) : "";
}

/// <summary>A picture in a report.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Caption">What it shows.</param>
public sealed record ReportPicture(RgbImage Image, string Caption);

/// <summary>A table of a report.</summary>
/// <param name="Columns">The columns' headings.</param>
/// <param name="Rows">The cells, row by row, as many as there are columns.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The table in Markdown, aligned so that the text is readable as it is.</summary>
    public string ToMarkdown()
    {
        var widths = Columns.Select((c, i) => Math.Max(3, Rows.Select(r => Escape(r[i]).Length).Append(c.Length).Max())).ToList();
        var text = new StringBuilder();
        Append(Columns);
        text.Append('|');
        for (int i = 0; i < widths.Count; i++)
        {
            text.Append(i == 0 ? $" {new string('-', widths[i])} |" : $" {new string('-', widths[i] - 1)}: |");
        }

        text.Append('\n');
        foreach (var row in Rows)
        {
            Append(row);
        }

        return text.ToString();

        void Append(IReadOnlyList<string> cells)
        {
            text.Append('|');
            for (int i = 0; i < widths.Count; i++)
            {
                string cell = Escape(cells[i]);
                text.Append(' ').Append(i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i])).Append(" |");
            }

            text.Append('\n');
        }
    }

    private static string Escape(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');
}

/// <summary>Numbers as reports write them.</summary>
internal static class ReportNumber
{
    /// <summary>Two decimals; a dash where there is no value.</summary>
    public static string Format(double value) => double.IsFinite(value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
