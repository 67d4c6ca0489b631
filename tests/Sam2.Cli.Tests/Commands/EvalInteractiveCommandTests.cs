using System.Text.Json;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class EvalInteractiveCommandTests
{
    private static readonly string Dataset = RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "evaluation");

    [Test]
    public void Both_modes_leave_reports_that_can_be_compared()
    {
        using var folder = new TemporaryFolder();
        foreach (var mode in (string[])["offline", "online"])
        {
            var run = CommandLine.Run(
                "eval", "interactive", Dataset, "--model", "sam2.1_hiera_micro", "--mode", mode, "--annotated-frames", "2", "--out", folder.At(mode));
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            Assert.That(run.Output.TrimEnd().Split('\n')[^1], Does.Match(@"^J&F \d+\.\d\d  J \d+\.\d\d  F \d+\.\d\d\r?$"));
            using var json = JsonDocument.Parse(File.ReadAllText(folder.At(mode, "report.json")));
            Assert.That(json.RootElement.GetProperty("metrics").GetProperty("J&F@2").GetDouble(), Is.GreaterThan(50));
            Assert.That(File.ReadAllText(folder.At(mode, "report.html")), Does.Contain("J&amp;F over annotated frames"));
            Assert.That(Directory.GetFiles(folder.At(mode, "predictions", "second")), Has.Length.EqualTo(12));
        }

        var compared = CommandLine.Run("eval", "compare", folder.At("offline", "report.json"), folder.At("online"), "--out", folder.At("compared"));
        Assert.That(compared.ExitCode, Is.Zero, compared.Error);
        Assert.That(compared.Output, Does.Contain("| offline").And.Contain("| online").And.Contain("95% interval"));
        Assert.That(File.Exists(folder.At("compared", "comparison.html")));
        Assert.That(File.Exists(folder.At("compared", "comparison.md")));
    }

    [TestCase("--mode", "batch")]
    [TestCase("--annotated-frames", "0")]
    [TestCase("--clicks", "0")]
    [TestCase("--threshold", "1.5")]
    [TestCase("--remembered-frames", "0")]
    public void Wrong_options_are_wrong_usage(string option, string value) => Assert.That(
        CommandLine.Run("eval", "interactive", Dataset, "--model", "sam2.1_hiera_micro", option, value).ExitCode, Is.EqualTo(ExitCode.Usage));

    [Test]
    public void One_report_is_nothing_to_compare_and_a_missing_one_is_named()
    {
        Assert.That(CommandLine.Run("eval", "compare", "a.json").ExitCode, Is.EqualTo(ExitCode.Usage));
        var run = CommandLine.Run("eval", "compare", "missing-a.json", "missing-b.json");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("missing-a.json"));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
    }
}
