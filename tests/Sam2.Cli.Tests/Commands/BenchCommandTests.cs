using System.Text.Json;
using NUnit.Framework;

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

    [TestCase("--train", "--model", "sam2.1_hiera_micro")]
    [TestCase("--repeat", "0")]
    [TestCase("--model", "sam2.1_hiera_micro", "--random", "sam2.1_hiera_t")]
    public void Contradictory_options_are_usage_errors(params string[] options)
    {
        var run = CommandLine.Run(["bench", .. options]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
    }

    [Test]
    public void An_unknown_architecture_lists_the_known_ones()
    {
        var run = CommandLine.Run("bench", "--random", "resnet50");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("resnet50").And.Contain("sam2.1_hiera_t"));
    }
}
