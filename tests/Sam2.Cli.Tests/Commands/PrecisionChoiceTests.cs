using NUnit.Framework;
using Sam2.Cli.Commands;
using TestSupport;
using TorchSharp;

namespace Sam2.Cli.Tests.Commands;

public class PrecisionChoiceTests : FolderTests
{
    [TestCase(0.010, 0.0079, "bf16")]
    [TestCase(0.010, 0.0081, "fp32", Description = "that little isn't worth other masks")]
    [TestCase(0.010, 0.019, "fp32")]
    public void Bf16_has_to_be_clearly_faster(double fp32, double bf16, string precision)
    {
        var choice = new PrecisionChoice(fp32, bf16, "a processor", Remembered: false);
        Assert.That(choice.Precision, Is.EqualTo(precision));
        Assert.That(choice.Describe(), Does.StartWith($"precision {precision}").And.Contain("10.0 ms").And.Contain("a processor"));
    }

    [Test]
    public void A_processor_is_measured_once_and_then_remembered()
    {
        var first = PrecisionChoice.Make(torch.CPU, Folder.At("cache", "precision.json"));
        Assert.That(first.Remembered, Is.False);
        Assert.That(first.Fp32Seconds, Is.Positive);
        Assert.That(first.Bf16Seconds, Is.Positive);
        var second = PrecisionChoice.Make(torch.CPU, Folder.At("cache", "precision.json"));
        Assert.That(second, Is.EqualTo(first with { Remembered = true }));
        Assert.That(second.Describe(), Does.EndWith("as measured earlier"));
    }

    [TestCase("{ no json")]
    [TestCase("[1, 2]")]
    [TestCase("null")]
    [TestCase("{\"x\": null}")]
    public void A_damaged_file_is_replaced(string content)
    {
        var file = Folder["precision.json"];
        File.WriteAllText(file, content);
        Assert.That(PrecisionChoice.Make(torch.CPU, file).Remembered, Is.False);
        Assert.That(PrecisionChoice.Make(torch.CPU, file).Remembered);
    }

    [Test]
    public void A_file_that_cannot_be_written_does_not_matter() =>
        Assert.That(PrecisionChoice.Make(torch.CPU, Folder["."]).Fp32Seconds, Is.Positive);

    [Test]
    [NonParallelizable]
    public void The_choice_is_told_with_verbose_alone()
    {
        const string Cache = "XDG_CACHE_HOME";
        var before = Environment.GetEnvironmentVariable(Cache);
        Environment.SetEnvironmentVariable(Cache, Folder["cache"]);
        try
        {
            string[] command = ["bench", "--random", "sam2.1_hiera_nano", "--only", "one_click", "--repeat", "1", "--precision", "auto"];
            var quiet = CommandLine.Run(command);
            Assert.That(quiet.ExitCode, Is.Zero, quiet.Error);
            Assert.That(quiet.Error, Is.Empty);
            Assert.That(quiet.Output, Does.Contain("fp32 on cpu").Or.Contain("bf16 on cpu"));
            var verbose = CommandLine.Run([.. command, "--verbose"]);
            Assert.That(verbose.Error, Does.StartWith("precision ").And.Contain("1024x1024x1024").And.Contain("in bf16 on"));
            Assert.That(verbose.ErrorLines, Is.EqualTo(1));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Cache, before);
        }
    }
}
