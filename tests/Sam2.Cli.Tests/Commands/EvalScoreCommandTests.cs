using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class EvalScoreCommandTests
{
    private static string Root(string name) => RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Golden", "evaluation", name);

    // The numbers are those of golden/evaluation/scores.json.
    [TestCase("Annotations", "Predictions", "J&F 55.80  J 65.21  F 46.39", "video third: the predictions show object 6, but the true masks objects 1, 2, 3")]
    [TestCase("Annotations_per_object", "Predictions_per_object", "J&F 55.80  J 65.21  F 46.39", "")]
    public void The_last_line_has_J_and_F_in_percent(string truth, string predicted, string expected, string unknown)
    {
        var run = CommandLine.Run("eval", "score", Root(truth), Root(predicted));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error, Does.Contain(unknown));
        Assert.That(run.ErrorLines, Is.EqualTo(unknown.Length == 0 ? 0 : 1));
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.That(lines[^1].TrimEnd(), Is.EqualTo(expected));
        Assert.That(lines, Has.Length.EqualTo(10), "a heading, eight objects, the sum");
        Assert.That(lines[1], Does.StartWith("first").And.Contain("51.53").And.Contain("56.70").And.Contain("46.37"));
    }

    [Test]
    public void All_frames_count_when_asked_and_a_report_is_left()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLine.Run("eval", "score", Root("Annotations"), Root("Predictions"), "--all-frames", "--out", folder.At("out"), "--jobs", "1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output.TrimEnd(), Does.EndWith("J&F 54.64  J 63.36  F 45.92"));
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("out", "report.json")));
        Assert.That(json.RootElement.GetProperty("metrics").GetProperty("J&F").GetDouble(), Is.EqualTo(54.64406647281167).Within(1e-9));
        Assert.That(json.RootElement.GetProperty("items").GetArrayLength(), Is.EqualTo(8));
        Assert.That(json.RootElement.GetProperty("videos").EnumerateArray().Select(v => v.GetProperty("name").GetString()), Is.EqualTo((string[])["first", "second", "third"]));
        var speed = json.RootElement.GetProperty("speed");
        Assert.That(speed.GetProperty("frames").GetInt32(), Is.EqualTo(36));
        Assert.That(speed.GetProperty("frames_per_second").GetDouble(), Is.Positive);
        Assert.That(speed.GetProperty("peak_memory_bytes").GetInt64(), Is.Positive);
        Assert.That(File.ReadAllText(folder.At("out", "report.md")), Does.Contain("J&F 54.64").And.Contain("how fast the predictions were made isn't known"));
        Assert.That(File.ReadAllText(folder.At("out", "report.html")), Does.Contain("<svg").And.Contain("data:image/png;base64,"));
    }

    [Test]
    public void A_list_chooses_the_videos()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.At("val.txt"), "second\n\n");
        var run = CommandLine.Run("eval", "score", Root("Annotations"), Root("Predictions"), "--videos", folder.At("val.txt"));
        Assert.That(run.Output, Does.Contain("second").And.Not.Contain("first"));
        File.WriteAllText(folder.At("val.txt"), "fourth");
        run = CommandLine.Run("eval", "score", Root("Annotations"), Root("Predictions"), "--videos", folder.At("val.txt"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("fourth").And.StartWith("sam2 eval score:"));
    }

    [Test]
    public void Objects_that_the_truth_lacks_are_named()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Root("Predictions/first")))
        {
            Directory.CreateDirectory(folder.At("predicted", "first"));
            var image = IndexedImage.Read(file);
            new IndexedImage(image.Width, image.Height, [.. image.Indices.Select(i => i == 1 ? (byte)77 : i)], image.Palette).Write(folder.At("predicted", "first", Path.GetFileName(file)));
        }

        File.WriteAllText(folder.At("list.txt"), "first");
        var run = CommandLine.Run("eval", "score", Root("Annotations"), folder.At("predicted"), "--videos", folder.At("list.txt"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("video first").And.Contain("object 77").And.Contain("objects 1, 2, 3"));
    }

    [Test]
    public void A_missing_root_is_one_line_and_a_missing_argument_is_wrong_usage()
    {
        var run = CommandLine.Run("eval", "score", "/no/such/folder", Root("Predictions"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("/no/such/folder"));
        Assert.That(CommandLine.Run("eval", "score", Root("Annotations")).ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(CommandLine.Run("eval").ExitCode, Is.EqualTo(ExitCode.Usage));
    }
}
