using System.Text.Json;
using NUnit.Framework;
using Sam2.Cli.Benchmarking;
using Sam2.Torch.Configuration;
using TorchSharp;

namespace Sam2.Cli.Tests.Benchmarking;

public class VideoBenchmarkTests
{
    [Test]
    public void The_report_has_a_line_per_precision_beside_the_published_speed()
    {
        var report = new VideoSpeedReport(
            "sam2.1_hiera_t", "cuda", 8, 40, [new("fp32", 30.5, 2_000_000_000, 900_000_000), new("bf16", 80.25, null, 800_000_000)], 91.2);
        var lines = report.ToTable().TrimEnd('\n').Split('\n');
        Assert.That(lines, Has.Length.EqualTo(5));
        Assert.That(lines[2], Does.StartWith("fp32").And.Contain("30.50").And.Contain("2000").And.EndsWith("900"));
        Assert.That(lines[3], Does.StartWith("bf16").And.Contain("80.25").And.Contain(" - "));
        Assert.That(lines[4], Does.StartWith("Meta, A100").And.EndsWith("91.20"));
        using var json = JsonDocument.Parse(report.ToJsonLine());
        Assert.That(json.RootElement.GetProperty("frames_per_second").GetProperty("bf16").GetDouble(), Is.EqualTo(80.25));
        Assert.That(json.RootElement.GetProperty("device_memory_bytes").GetProperty("bf16").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(json.RootElement.GetProperty("published_a100_frames_per_second").GetDouble(), Is.EqualTo(91.2));
    }

    [TestCase("sam2.1_hiera_t", 91.2)]
    [TestCase("sam2.1_hiera_s", 84.8)]
    [TestCase("sam2.1_hiera_b+", 64.1)]
    [TestCase("sam2.1_hiera_l", 39.5)]
    [TestCase("sam2.1_hiera_micro", null)]
    public void Published_speeds_are_those_of_an_architecture(string architecture, double? speed) =>
        Assert.That(PublishedSpeed.Of(Sam2Presets.ByName[architecture]), Is.EqualTo(speed));

    [Test]
    public void Timing_leaves_the_switches_of_reduced_precision_as_they_were([Values] bool before)
    {
        torch.backends.cuda.matmul.allow_tf32 = before;
        try
        {
            var speed = VideoBenchmark.Measure(type => RandomModel.Create("sam2.1_hiera_nano", torch.CPU, type), "fp32", frames: 2, warmUp: 1);
            Assert.That(speed.FramesPerSecond, Is.Positive);
            Assert.That(speed.DeviceMemoryBytes, Is.Null, "the CPU has no memory of its own");
            Assert.That(torch.backends.cuda.matmul.allow_tf32, Is.EqualTo(before));
        }
        finally
        {
            torch.backends.cuda.matmul.allow_tf32 = false;
        }
    }
}
