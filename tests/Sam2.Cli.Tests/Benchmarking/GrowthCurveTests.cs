using System.Text.Json;
using System.Xml.Linq;
using NUnit.Framework;
using Sam2.Cli.Benchmarking;
using TestSupport;

namespace Sam2.Cli.Tests.Benchmarking;

public class GrowthCurveTests
{
    private const long Megabyte = 1 << 20;

    [TestCase(1.0)]
    [TestCase(2.0)]
    [TestCase(0.5)]
    public void The_exponent_is_that_of_a_power_law(double exponent)
    {
        var curve = Curve(size => 0.01 * Math.Pow(size, exponent), size => (long)(100 * Megabyte * Math.Pow(size, exponent)));
        Assert.That(curve.TimeExponent, Is.EqualTo(exponent).Within(1e-9));
        Assert.That(curve.MemoryExponent, Is.EqualTo(exponent).Within(1e-6));
        Assert.That(curve.WorseThanLinear, Has.Count.EqualTo(exponent > 1 ? 6 : 0));
    }

    [Test]
    public void A_single_step_that_grows_faster_is_named()
    {
        // 1, 2, 4 and then suddenly 16 times the time, and 12 times the memory.
        var curve = new GrowthCurve("objects", "objects", [Point(1, 1, 64), Point(2, 2, 128), Point(4, 4, 256), Point(8, 64, 3072)]);
        Assert.That(curve.WorseThanLinear, Has.Count.EqualTo(2));
        Assert.That(curve.WorseThanLinear[0], Is.EqualTo("objects 4 to 8: 16.00 times the time for 2.00 times the objects (exponent 4.00)"));
        Assert.That(curve.WorseThanLinear[1], Does.StartWith("objects 4 to 8: 12.00 times the memory"));
    }

    [Test]
    public void A_few_megabytes_more_are_no_growth()
    {
        var curve = new GrowthCurve("prompts", "prompts", [Point(1, 1, 1), Point(2, 1.1, 12)]);
        Assert.That(curve.WorseThanLinear, Is.Empty);
    }

    [Test]
    public void One_step_has_no_exponent_which_json_says_as_null()
    {
        var report = new CurveReport("m", "cpu", "fp32", 2, [new GrowthCurve("prompts", "prompts", [Point(1, 1, 1)])]);
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.That(json.RootElement.GetProperty("curves")[0].GetProperty("time_exponent").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void Steps_are_warmed_up_and_what_they_made_is_disposed_of_last_first()
    {
        var log = new List<string>();
        var plan = new CurvePlan("c", "things", [Step(1), Step(2)]);
        var curve = plan.Measure(repeat: 2, starting: step => log.Add($"start {step.Label}"));
        Assert.That(curve.Points.Select(point => point.Size), Is.EqualTo(new[] { 1.0, 2.0 }));
        string[] one = ["prepare", "work", "work", "work", "dispose inner", "dispose outer"];
        Assert.That(log, Is.EqualTo(one.Prepend("start 1").Concat(one.Prepend("start 2"))));

        CurveStep Step(int size) => new($"{size}", size, owned =>
        {
            log.Add("prepare");
            owned.Add(new Note(log, "dispose outer"));
            owned.Add(new Note(log, "dispose inner"));
            return () => log.Add("work");
        });
    }

    [Test]
    [Platform("Linux")]
    public void Memory_of_a_step_is_what_it_took_beyond_what_was_there()
    {
        // Loads libtorch, whose own pages would count.
        TorchSharp.torch.ones(Megabyte).Dispose();
        CurveStep Step(int megabytes) => new($"{megabytes}", megabytes, _ => () =>
        {
            using var tensor = TorchSharp.torch.ones(megabytes * Megabyte / sizeof(float));
        });
        var curve = new CurvePlan("c", "megabytes", [Step(100), Step(200), Step(400)]).Measure(repeat: 1);
        foreach (var point in curve.Points) Assert.That(point.ExtraMemoryBytes, Is.EqualTo(point.Size * Megabyte).Within(20).Percent, point.Label);
        Assert.That(curve.MemoryExponent, Is.EqualTo(1).Within(0.15));
    }

    [Test]
    public void The_report_has_a_table_json_and_two_charts()
    {
        var report = new CurveReport("sam2.1_hiera_t", "cpu", "fp32", 2, [Curve(size => size * size, size => (long)(64 * Megabyte * size))]);
        Assert.That(report.ToTable(), Does.Contain("worse than linear:").And.Contain("things 1 to 2: 4.00 times the time").And.Contain("exponent"));
        using var folder = new TemporaryFolder();
        report.Write(folder.At("."));
        using var json = JsonDocument.Parse(File.ReadAllText(folder["curves.json"]));
        var curve = json.RootElement.GetProperty("curves")[0];
        Assert.That(curve.GetProperty("time_exponent").GetDouble(), Is.EqualTo(2));
        Assert.That(curve.GetProperty("points")[3].GetProperty("seconds").GetDouble(), Is.EqualTo(64));
        Assert.That(curve.GetProperty("worse_than_linear").GetArrayLength(), Is.EqualTo(3));

        // Twice the exponent is twice as steep, on axes that are both logarithmic.
        XNamespace svg = "http://www.w3.org/2000/svg";
        var lines = XElement.Parse(File.ReadAllText(folder["time.svg"])).Elements(svg + "polyline").Select(Slope).ToList();
        Assert.That(lines[0] / lines[1], Is.EqualTo(2).Within(0.01));
        lines = [.. XElement.Parse(File.ReadAllText(folder["memory.svg"])).Elements(svg + "polyline").Select(Slope)];
        Assert.That(lines[0] / lines[1], Is.EqualTo(1).Within(0.01));
    }

    private static double Slope(XElement line)
    {
        var points = line.Attribute("points")!.Value.Split(' ').Select(p => p.Split(',').Select(
            number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture)).ToArray()).ToList();
        return (points[^1][1] - points[0][1]) / (points[^1][0] - points[0][0]);
    }

    private static GrowthCurve Curve(Func<double, double> seconds, Func<double, long> memory) => new(
        "things", "things", [.. new double[] { 1, 2, 4, 8 }.Select(size => new CurvePoint($"{size}", size, seconds(size), 0, memory(size)))]);

    private static CurvePoint Point(double size, double seconds, long megabytes) => new($"{size}", size, seconds, 0, megabytes * Megabyte);

    private sealed class Note(List<string> log, string text) : IDisposable
    {
        public void Dispose() => log.Add(text);
    }
}
