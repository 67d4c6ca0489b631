using System.Text.RegularExpressions;
using NUnit.Framework;
using Sam2.Torch.Runtime;

namespace Sam2.Cli.Tests;

public class UsageTests
{
    [Test]
    public void Help_lists_each_command(
        [Values("segment", "track", "everything", "annotate", "finetune", "train", "ablate", "info", "convert", "download", "bench", "eval", "draw", "completion")] string command)
    {
        var run = CommandLine.Run("--help");
        Assert.That(run.ExitCode, Is.Zero);
        // A line of its own: many of these words are in descriptions as well.
        Assert.That(run.Output, Does.Match($@"(?m)^  {command}\b"));
        Assert.That(run.Error, Is.Empty);
    }

    [Test]
    public void Limits_of_numbers_are_in_the_help()
    {
        foreach (var (args, limit) in new (string[], int)[] { (["bench"], 10_000), (["compare"], 10_000), (["draw"], 1_000_000), (["finetune"], 1024), (["eval", "image"], 100), (["annotate"], 8192) })
            Assert.That(CommandLine.Run([.. args, "--help"]).Output, Does.Contain($"Up to {limit}."), string.Join(' ', args));
    }

    [Test]
    public void The_version_names_what_the_program_computes_with()
    {
        var run = CommandLine.Run("--version");
        TorchRuntime.EnsureLoaded();
        var libtorch = Version.Parse(TorchSharp.torch.__version__).ToString(3);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output.TrimEnd(), Does.Match($@"^sam2 \d+\.\d+\.\d+\S* \(libtorch {Regex.Escape(libtorch)}, TorchSharp \d+\.\d+\.\d+\)$"));
        Assert.That(run.Error, Is.Empty);
    }

    [Test]
    public void No_command_shows_the_help_and_is_a_usage_error()
    {
        var run = CommandLine.Run();
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Error, Does.Contain("Usage:"));
    }

    [Test]
    public void Help_of_a_command_wins_over_what_is_missing()
    {
        var run = CommandLine.Run("segment", "--help");
        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain("--point").And.Contain("X,Y[,LABEL]").And.Contain("--precision"));
    }

    [TestCase("segment", "photo.jpg", "--point", "1,2", Description = "no model")]
    [TestCase("segment", "--model", "m.pt", "--point", "1,2", Description = "no image")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", Description = "no prompt")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", "--precision", "fp8")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", "--threads", "0")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", "--threads", "1000")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", "--threads", "99999999999")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", "--colour", "red")]
    [TestCase("eval", "vos", "d", "--model", "m.pt", "--fill-holes", "-1")]
    [TestCase("eval", "vos", "d", "--model", "m.pt", "--jobs", "1000")]
    [TestCase("eval", "image", "d", "--model", "m.pt", "--clicks", "1000")]
    [TestCase("annotate", "d", "--model", "m.pt", "--detector", "d.pt", "--imgsz", "100000")]
    [TestCase("everything", "photo.jpg", "--model", "m.pt", "--points-per-side", "100000")]
    [TestCase("everything", "photo.jpg", "--model", "m.pt", "--crops", "9")]
    [TestCase("everything", "photo.jpg", "--model", "m.pt", "--points-per-batch", "100000000")]
    [TestCase("everything", "v.mp4", "--model", "m.pt", "--max-objects", "99999999")]
    [TestCase("draw", "v.mp4", "--frames", "999999999")]
    [TestCase("bench", "--repeat", "1000000000")]
    [TestCase("everything", "photo.jpg", "--model", "m.pt", "--crop-overlap", "1")]
    [TestCase("everything", "photo.jpg", "--model", "m.pt", "--stability-offset", "-1")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--point", "1")]
    [TestCase("segment", "photo.jpg", "--model", "m.pt", "--box", "1,2,3")]
    [TestCase("segment", "", "--model", "m.pt", "--point", "1,2")]
    [TestCase("segment", "photo.jpg", "--model", "", "--point", "1,2")]
    [TestCase("info", "")]
    [TestCase("segmnt")]
    public void A_wrong_command_line_is_one_line_on_the_error_stream(params string[] args)
    {
        var run = CommandLine.Run(args);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.ErrorLines, Is.EqualTo(1), run.Error);
        Assert.That(run.Error, Does.StartWith("sam2").And.Contain("--help"));
    }

    [TestCase("--threads", "many", "--threads 'many' is not a whole number")]
    [TestCase("--threads", "99999999999", "--threads '99999999999' is not a whole number")]
    [TestCase("--threads", "1000", "--threads 1000: at most 512")]
    public void A_number_that_is_none_is_refused_without_names_of_types(string option, string value, string words)
    {
        var run = CommandLine.Run("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", option, value);
        Assert.That(run.Error, Does.Contain(words).And.Not.Contain("System."));
    }

    [Test]
    public void A_message_loses_what_the_framework_appends()
    {
        Assert.That(ErrorLine.Of(new ArgumentOutOfRangeException("frame", 6, "The video has 6 frames.")), Is.EqualTo("The video has 6 frames."));
        Assert.That(ErrorLine.Of(new ArgumentException("No such thing.", "thing")), Is.EqualTo("No such thing."));
        Assert.That(ErrorLine.Of(new ArgumentNullException("path2")), Does.StartWith("internal error, ArgumentNullException"));
    }

    [Test]
    public void A_missing_prompt_names_the_options()
    {
        var run = CommandLine.Run("segment", "photo.jpg", "--model", "m.pt");
        Assert.That(run.Error, Does.Contain("no prompt").And.Contain("--point").And.Contain("--box").And.Contain("--mask"));
    }

    [Test]
    public void An_unknown_precision_lists_the_known_ones()
    {
        var run = CommandLine.Run("segment", "photo.jpg", "--model", "m.pt", "--point", "1,2", "--precision", "fp8");
        Assert.That(run.Error, Does.Contain("fp8").And.Contain("fp32").And.Contain("bf16").And.Contain("fp16"));
    }

    [Test]
    public void An_empty_argument_is_called_so()
    {
        var run = CommandLine.Run("segment", "", "--model", "m.pt", "--point", "1,2");
        Assert.That(run.Error, Does.StartWith("sam2 segment: an argument is empty"));
    }

    [Test]
    public void Several_wrong_prompts_are_all_named()
    {
        var run = CommandLine.Run("segment", "photo.jpg", "--model", "m.pt", "--point", "1,b", "--point", "c,2");
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("'1,b'").And.Contain("'c,2'"));
    }

    [Test]
    public void Negative_numbers_are_values_and_not_options()
    {
        var run = CommandLine.Run("segment", "photo.jpg", "--model", "m.pt", "--point", "-1,x");
        Assert.That(run.Error, Does.Contain("--point '-1,x'").And.Contain("Y 'x'"));
    }
}
