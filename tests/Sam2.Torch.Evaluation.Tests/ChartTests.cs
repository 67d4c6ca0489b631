using System.Globalization;
using System.Xml.Linq;
using NUnit.Framework;
using Sam2.Torch.Evaluation.Charts;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

public class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Test]
    public void A_line_goes_through_its_values_and_leaves_gaps_where_there_are_none()
    {
        var chart = new XyChart("Loss", "step", "loss", [new("train", [new(0, 1), new(1, 0.5), new(2, double.NaN), new(3, 0.25), new(4, 0)])]);
        var svg = XElement.Parse(chart.ToSvg());
        var lines = svg.Elements(Svg + "polyline").Select(Points).ToList();
        Assert.That(lines.Select(l => l.Count), Is.EqualTo((int[])[2, 2]));

        // Twice as high above the axis means twice as large, and later is further right.
        double zero = lines[1][1].Y;
        Assert.That((zero - lines[0][0].Y) / (zero - lines[0][1].Y), Is.EqualTo(2).Within(0.01));
        Assert.That(lines[1][0].X - lines[0][0].X, Is.EqualTo(3 * (lines[0][1].X - lines[0][0].X)).Within(0.1));
    }

    [Test]
    public void Equal_ratios_take_equal_space_where_the_vertical_axis_is_logarithmic()
    {
        var chart = new XyChart("Time", "objects", "seconds", [new("time", [new(1, 0.5), new(2, 1), new(3, 2), new(4, 32)])]) { LogarithmicY = true };
        var line = Points(XElement.Parse(chart.ToSvg()).Element(Svg + "polyline")!);
        var step = line[0].Y - line[1].Y;
        Assert.That(line[1].Y - line[2].Y, Is.EqualTo(step).Within(0.05));
        Assert.That(line[2].Y - line[3].Y, Is.EqualTo(4 * step).Within(0.1));
    }

    [Test]
    public void Everything_stays_inside_the_picture_and_text_is_escaped([Values] bool logarithmic)
    {
        var random = new Random(1);
        ChartPoint[] points = [.. Enumerable.Range(0, 30).Select(i =>
        {
            double y = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 4));
            return new ChartPoint(0.01 + Math.Exp(i / 3.0), y, y - 1, y + 2, i % 7 == 0 ? $"<{i} & more>" : null);
        })];
        var chart = new XyChart("a < b & c", "x", "y", [new("line", points), new("dots", points, Line: false)]) { LogarithmicX = logarithmic };
        var svg = XElement.Parse(chart.ToSvg());
        Assert.That(svg.Element(Svg + "title")!.Value, Is.EqualTo("a < b & c"));
        Assert.That(svg.Elements(Svg + "circle").Count(), Is.EqualTo(30));
        foreach (var (x, y) in svg.Elements(Svg + "polyline").Concat(svg.Elements(Svg + "polygon")).SelectMany(Points)
            .Concat(svg.Elements(Svg + "circle").Select(c => (Number(c, "cx"), Number(c, "cy")))))
        {
            Assert.That(x, Is.InRange(0, chart.Width));
            Assert.That(y, Is.InRange(0, chart.Height));
        }
    }

    [Test]
    public void Axes_carry_round_numbers_that_cover_the_values()
    {
        var scale = new AxisScale([0.031, 0.087], 0, 100);
        Assert.That(scale.Ticks, Is.EqualTo((double[])[0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09]).Within(1e-12));
        Assert.That(new AxisScale([5, 5, 5], 0, 100)[5], Is.EqualTo(50).Within(1e-9));
        Assert.That(new AxisScale([], 0, 100).Ticks, Is.Not.Empty);
        Assert.That(new AxisScale([1, 2, 3], 0, 100, ticks: 8).Ticks, Is.EqualTo((double[])[1, 2, 3]), "there is no frame 1.5");
        Assert.That(new AxisScale([2, 1500], 0, 100, logarithmic: true).Ticks, Is.EqualTo((double[])[10, 100, 1000]));
    }

    [Test]
    public void Bars_are_as_long_as_their_values_also_below_0()
    {
        var svg = XElement.Parse(new BarChart("Gain", "points", [new("a", 2), new("b", -1, -2, 0.5), new("c", double.NaN)]).ToSvg());
        var bars = svg.Elements(Svg + "rect").ToList();
        Assert.That(bars, Has.Count.EqualTo(2));
        Assert.That(Number(bars[0], "width"), Is.EqualTo(2 * Number(bars[1], "width")).Within(0.1));
        Assert.That(Number(bars[1], "x") + Number(bars[1], "width"), Is.EqualTo(Number(bars[0], "x")).Within(0.1));
    }

    [Test]
    public void A_page_needs_no_other_file_and_says_text_as_it_is()
    {
        var picture = new RgbImage(3, 2);
        picture[1, 1] = new Rgb(1, 2, 3);
        string page = new HtmlPage("A & B").Heading("<h>").Headline("big").Paragraph("p")
            .Table(new ReportTable(["name", "J"], [["a|b", "1"], ["<c>", "2"]]))
            .Chart(new XyChart("t", "x", "y", []).ToSvg()).Picture(picture, "\"worst\"").ToString();
        Assert.That(page, Does.Contain("<title>A &amp; B</title>").And.Contain("&lt;h&gt;").And.Contain("<td>&lt;c&gt;</td>"));
        Assert.That(page.Replace("http://www.w3.org/2000/svg", ""), Does.Not.Contain("http").And.Not.Contain("src=\"/").And.Not.Contain("<link"));

        int start = page.IndexOf("base64,", StringComparison.Ordinal) + 7;
        using var folder = new TemporaryFolder();
        var file = folder["picture.png"];
        File.WriteAllBytes(file, Convert.FromBase64String(page[start..page.IndexOf('"', start)]));
        Assert.That(ImageFile.Read(file)[1, 1], Is.EqualTo(new Rgb(1, 2, 3)));
    }

    [Test]
    public void A_table_in_Markdown_keeps_its_columns()
    {
        var lines = new ReportTable(["name", "J"], [["a|b", "1"], ["c", "22.5"]]).ToMarkdown().TrimEnd().Split('\n');
        Assert.That(lines, Is.EqualTo((string[])["| name |    J |", "| ---- | ---: |", "| a\\|b |    1 |", "| c    | 22.5 |"]));
    }

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static List<(double X, double Y)> Points(XElement line) => [.. line.Attribute("points")!.Value.Split(' ').Select(pair =>
    {
        var values = pair.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        return (values[0], values[1]);
    })];
}
