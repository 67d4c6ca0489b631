using System.Text.Json;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class EvalImageCommandTests
{
    private static readonly string Dataset = RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "evaluation");

    [Test]
    public void Images_are_measured_and_a_report_is_left()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLine.Run(
            "eval", "image", Dataset, "--model", "sam2.1_hiera_micro", "--prompt", "box", "--clicks", "5", "--stride", "6", "--out", folder.At("out"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output.TrimEnd().Split('\n')[^1], Does.Match(@"^J&F \d+\.\d\d  J \d+\.\d\d  F \d+\.\d\d\r?$"));
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("out", "report.json")));
        var metrics = json.RootElement.GetProperty("metrics");
        Assert.That(metrics.GetProperty("J").GetDouble(), Is.EqualTo(metrics.GetProperty("mIoU box").GetDouble()).And.GreaterThan(60));
        Assert.That(json.RootElement.GetProperty("items").GetArrayLength(), Is.EqualTo(16));
        Assert.That(File.Exists(folder.At("out", "predictions", "first", "00006.png")));
        Assert.That(File.ReadAllText(folder.At("out", "report.md")), Does.Contain("NoC@85").And.Contain("By size"));
    }

    [Test]
    public void Masks_need_not_be_stored()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLine.Run(
            "eval", "image", Dataset, "--model", "sam2.1_hiera_micro", "--clicks", "5", "--stride", "12", "--limit", "1", "--no-predictions", "--out", folder.At("out"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Directory.Exists(folder.At("out", "predictions")), Is.False);
        Assert.That(File.ReadAllText(folder.At("out", "report.html")), Does.Contain("<svg").And.Not.Contain("data:image"));
    }

    [TestCase("--clicks", "4")]
    [TestCase("--stride", "0")]
    [TestCase("--prompt", "mask")]
    [TestCase("--multimask", "sometimes")]
    public void Wrong_options_are_wrong_usage(string option, string value) => Assert.That(
        CommandLine.Run("eval", "image", Dataset, "--model", "sam2.1_hiera_micro", option, value).ExitCode, Is.EqualTo(ExitCode.Usage));
}
