using System.Text.Json;
using NUnit.Framework;
using Sam2.Cli.Benchmarking;

namespace Sam2.Cli.Tests.Commands;

public class BenchReportTests
{
    private static readonly BenchReport Report = new(
        "sam2.1_hiera_tiny", "cpu", "fp32", 2, 3,
        new BenchmarkRun(0.04, [new Measurement("image_encoder", "image encoder", 1.0, 1_000_000_000), new Measurement("click", "one click", 0.02, 900_000_000)]));

    [Test]
    public void The_json_line_gives_each_figure_in_seconds_and_in_sg()
    {
        var line = Report.ToJsonLine();
        Assert.That(line, Does.Not.Contain("\n"));
        using var json = JsonDocument.Parse(line);
        var encoder = json.RootElement.GetProperty("figures").GetProperty("image_encoder");
        Assert.That(encoder.GetProperty("seconds").GetDouble(), Is.EqualTo(1.0));
        Assert.That(encoder.GetProperty("sg").GetDouble(), Is.EqualTo(25.0));
        Assert.That(json.RootElement.GetProperty("figures").GetProperty("click").GetProperty("sg").GetDouble(), Is.EqualTo(0.5));
        Assert.That(json.RootElement.GetProperty("peak_memory_bytes").GetInt64(), Is.EqualTo(1_000_000_000));
    }

    [Test]
    public void The_table_has_a_line_per_figure()
    {
        var lines = Report.ToTable().TrimEnd('\n').Split('\n');
        Assert.That(lines, Has.Length.EqualTo(5));
        Assert.That(lines[3], Does.StartWith("image encoder").And.Contain("1.0000").And.Contain("25.00").And.EndsWith("1000"));
    }
}
