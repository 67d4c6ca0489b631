using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class BenchCommandTests
{
    [Test]
    public void Ends_with_one_json_line_of_every_figure_in_seconds_and_sg()
    {
        var run = CommandLine.Run("bench", "--model", "sam2.1_hiera_micro", "--repeat", "1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var lines = run.Output.TrimEnd('\n').Split('\n');
        using var json = JsonDocument.Parse(lines[^1]);
        var unit = json.RootElement.GetProperty("sg_seconds").GetDouble();
        foreach (var name in new[] { "image_encoder", "one_click", "clicks_64_multimask", "track_1", "track_4", "everything_32" })
        {
            var figure = json.RootElement.GetProperty("figures").GetProperty(name);
            var seconds = figure.GetProperty("seconds").GetDouble();
            Assert.That(seconds, Is.Positive, name);
            Assert.That(figure.GetProperty("sg").GetDouble(), Is.EqualTo(seconds / unit).Within(1).Percent.Or.EqualTo(seconds / unit).Within(0.002), name);
            Assert.That(figure.GetProperty("peak_memory_bytes").GetInt64(), Is.GreaterThan(10_000_000), name);
        }
    }

    [Test]
    public void A_training_step_is_timed_with_and_without_checkpointing()
    {
        var run = CommandLine.Run("bench", "--train", "--random", "sam2.1_hiera_nano", "--repeat", "1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(run.Output.TrimEnd('\n').Split('\n')[^1]);
        var figures = json.RootElement.GetProperty("figures");
        Assert.That(figures.EnumerateObject().Select(figure => figure.Name), Is.EqualTo(new[] { "training_step_checkpointed", "training_step" }));
        Assert.That(figures.GetProperty("training_step").GetProperty("seconds").GetDouble(), Is.Positive);
    }

    [Test]
    public void A_figure_that_got_worse_than_an_earlier_run_ends_with_1([Values("image_encoder", "one_click")] string worse, [Values("sg", "memory")] string what)
    {
        using var folder = new TemporaryFolder();
        string[] command = ["bench", "--model", "sam2.1_hiera_micro", "--repeat", "1", "--only", "image_encoder", "one_click"];
        var first = CommandLine.Run(command);
        Assert.That(first.ExitCode, Is.Zero, first.Error);

        // An earlier run that was a thousand times as good in one figure, and as bad in the other: the first click of a process takes ten times as long as later ones.
        var report = JsonNode.Parse(first.Output.TrimEnd('\n').Split('\n')[^1])!;
        foreach (var (name, figure) in report["figures"]!.AsObject())
        {
            var factor = name == worse ? 0.001 : 1000;
            if (what == "sg") figure!["seconds"] = (double)figure["seconds"]! * factor;
            else figure!["peak_memory_bytes"] = (long)((long)figure["peak_memory_bytes"]! * factor);
        }
        File.WriteAllText(folder["old.txt"], "a table\n" + report.ToJsonString() + "\n");

        // Time alone may vary that much more on a busy machine, so the limit is far from both.
        var second = CommandLine.Run([.. command, "--compare", folder["old.txt"], "--worse", "900"]);
        Assert.That(second.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(second.Error, Does.Contain(worse).And.Contain(what == "sg" ? "as long" : "the memory"));
        Assert.That(second.Error, Does.Not.Contain(worse == "one_click" ? "image_encoder" : "one_click"));
    }

    [Test]
    public void Only_what_is_comparable_is_compared()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["notes.txt"], "no report");
        var noReport = CommandLine.Run("bench", "--model", "sam2.1_hiera_micro", "--compare", folder["notes.txt"]);
        Assert.That(noReport.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(noReport.Error, Does.Contain("notes.txt"));

        string[] command = ["bench", "--repeat", "1", "--only", "one_click", "--model", "sam2.1_hiera_micro"];
        File.WriteAllText(folder["fp32.txt"], CommandLine.Run(command).Output);
        var other = CommandLine.Run([.. command, "--precision", "bf16", "--compare", folder["fp32.txt"]]);
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(other.Error, Does.Contain("bf16").And.Contain("fp32"));
    }

    [Test]
    public void A_video_is_timed_in_each_precision()
    {
        var run = CommandLine.Run("bench", "--video", "--random", "sam2.1_hiera_nano", "--frames", "2", "--precisions", "fp32", "bf16");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(run.Output.TrimEnd('\n').Split('\n')[^1]);
        var speeds = json.RootElement.GetProperty("frames_per_second");
        Assert.That(speeds.EnumerateObject().Select(speed => speed.Name), Is.EqualTo(new[] { "fp32", "bf16" }));
        Assert.That(speeds.GetProperty("bf16").GetDouble(), Is.Positive);
        Assert.That(json.RootElement.GetProperty("published_a100_frames_per_second").ValueKind, Is.EqualTo(JsonValueKind.Null));

        var tf32 = CommandLine.Run("bench", "--video", "--random", "sam2.1_hiera_nano", "--frames", "1", "--precisions", "tf32");
        Assert.That(tf32.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(tf32.Error, Does.Contain("tf32").And.Contain("cuda").And.Contain("cpu"));
    }

    [Test]
    public void Curves_are_measured_over_each_size_and_written()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLine.Run("bench", "--curves", folder["curves"], "--random", "sam2.1_hiera_nano", "--steps", "2", "--repeat", "1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("curves", "curves.json")));
        var curves = json.RootElement.GetProperty("curves").EnumerateArray().ToDictionary(
            curve => curve.GetProperty("name").GetString()!, curve => curve.GetProperty("points").EnumerateArray().ToList());
        Assert.That(curves.Keys, Is.EqualTo(new[] { "image_size", "prompts", "objects", "memories", "model_size" }));
        foreach (var (name, points) in curves)
        {
            Assert.That(points, Has.Count.EqualTo(2), name);
            foreach (var point in points) Assert.That(point.GetProperty("seconds").GetDouble(), Is.Positive, name);
        }

        Assert.That(curves["image_size"].Select(point => point.GetProperty("label").GetString()), Is.EqualTo(new[] { "64x64", "96x96" }));
        Assert.That(curves["model_size"].Select(point => point.GetProperty("size").GetDouble()), Is.Ordered.Ascending);
        Assert.That(File.ReadAllText(folder.At("curves", "time.svg")), Does.StartWith("<svg").And.Contain("memories").And.Contain("linear"));
        Assert.That(File.Exists(folder.At("curves", "memory.svg")));
        Assert.That(run.Output, Does.Contain("worse than linear:"));
    }

    [Test]
    public void An_unknown_curve_lists_the_known_ones()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLine.Run("bench", "--curves", folder["curves"], "--random", "sam2.1_hiera_nano", "--only", "one_click");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("one_click").And.Contain("image_size").And.Contain("memories"));
    }

    [TestCase("--video", "--curves", "x")]
    [TestCase("--video", "--train")]
    [TestCase("--curves", "x", "--compare", "y")]
    [TestCase("--steps", "2")]
    [TestCase("--video", "--precisions", "int8")]
    [TestCase("--train", "--model", "sam2.1_hiera_micro")]
    [TestCase("--worse", "-1")]
    [TestCase("--repeat", "0")]
    [TestCase("--model", "sam2.1_hiera_micro", "--random", "sam2.1_hiera_t")]
    public void Contradictory_options_are_usage_errors(params string[] options)
    {
        var run = CommandLine.Run(["bench", .. options]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
    }

    [Test]
    public void An_unknown_figure_lists_the_known_ones()
    {
        var run = CommandLine.Run("bench", "--model", "sam2.1_hiera_micro", "--only", "encoder");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("--only encoder").And.Contain("image_encoder"));
    }

    [Test]
    public void An_unknown_architecture_lists_the_known_ones()
    {
        var run = CommandLine.Run("bench", "--random", "resnet50");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("resnet50").And.Contain("sam2.1_hiera_t"));
    }
}
