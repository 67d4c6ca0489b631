using System.Text.Json;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class MemoryOptionTests : FolderTests
{
    private const string Model = "sam2.1_hiera_micro";
    private const string Dataset = "procedural:count=2,seed=5,width=96,height=96,frames=12,absence_probability=1,absence_frames=5,max_objects=2,crossing_probability=1";

    [TestCase("track", "v.mp4", "--prompt", "point=1,1")]
    [TestCase("everything", "v.mp4")]
    [TestCase("eval", "vos", "d")]
    [TestCase("eval", "interactive", "d")]
    [TestCase("eval", "memory", "d")]
    public void A_policy_that_there_is_not_is_a_usage_error_that_names_those_that_there_are(params string[] command)
    {
        var name = CommandLine.Run([.. command, "--model", Model, "--memory", "samuray"]);
        Assert.That(name.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(name.Error, Does.Contain("--memory: there is no memory policy 'samuray'").And.Contain("samurai, sam2long, dam4sam"));
        var key = CommandLine.Run([.. command, "--model", Model, "--memory", "samurai:stable=3"]);
        Assert.That(key.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(key.Error, Does.Contain("stable_iou"));
    }

    [Test]
    public void Clips_of_several_kinds_are_drawn_for_one_evaluation()
    {
        const string Clips = "procedural:name=short,count=2,seed=5,width=64,height=64,frames=2,max_objects=1;name=long,count=1,frames=3";
        var result = CommandLine.Run("eval", "vos", Clips, "--model", Model, "--no-predictions", "--out", Folder.At("kinds"));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(
            Directory.GetFiles(Folder.At("kinds", "videos")).Select(Path.GetFileNameWithoutExtension), Is.EquivalentTo(new[] { "short-000000", "short-000001", "long-000000" }));
        var alone = CommandLine.Run("eval", "vos", "procedural:count=1,seed=5,width=64,height=64,frames=3,max_objects=1", "--model", Model, "--no-predictions", "--out", Folder.At("alone"));
        Assert.That(alone.ExitCode, Is.Zero, alone.Error);
        Assert.That(Rounds(Folder.At("kinds", "videos", "long-000000.json")), Is.EqualTo(Rounds(Folder.At("alone", "videos", "000000.json"))), "drawn and followed in the same way");

        var named = CommandLine.Run("eval", "vos", "procedural:count=1;frames=3", "--model", Model, "--out", Folder.At("same"));
        Assert.That(named.ExitCode, Is.Not.Zero);
        Assert.That(named.Error, Does.Contain("several kinds of clips").And.Contain("name=slow"));
    }

    [Test]
    public void Policies_are_compared_on_each_kind_of_clips_too()
    {
        const string Clips = "procedural:name=still,count=1,seed=5,width=64,height=64,frames=3,max_objects=1;name=long,frames=5";
        var result = CommandLine.Run("eval", "memory", Clips, "--model", Model, "--memory", "sam2", "--memory", "slow", "--cost-frames", "0", "--out", Folder.At("kinds"));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Match(@"(?m)^\| memory +\| +still, 1 clips \| +long, 1 clips \|$").And.Match(@"(?m)^\| slow +\| +[-+]?\d+\.\d\d \(\S+ to \S+\) \|"));
        Assert.That(File.ReadAllText(Folder.At("kinds", "memory.md")), Does.Contain("still, 1 clips"));
    }

    private static string Rounds(string path)
    {
        using var result = JsonDocument.Parse(File.ReadAllText(path));
        return result.RootElement.GetProperty("rounds").GetRawText();
    }

    [Test]
    public void One_policy_alone_is_not_compared()
    {
        var result = CommandLine.Run("eval", "memory", "d", "--model", Model, "--memory", "slow");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.Error, Does.Contain("slow alone can't be compared"));
    }

    [Test]
    public void Tracking_and_finding_everything_take_a_policy()
    {
        DemoClip.Write(Folder.At("clip"), 120, 90, 4);
        var track = CommandLine.Run(
            "track", Folder.At("clip"), "--model", Model, "--prompt", "point=24%,42%", "--memory", "sam2long:pathways=2", "--save", "json", "--out", Folder.At("track"));
        Assert.That(track.ExitCode, Is.Zero, track.Error);
        Assert.That(track.Output, Does.Contain("of 4 frames"));
        var everything = CommandLine.Run(
            "everything", Folder.At("clip"), "--model", Model, "--points-per-side", "4", "--crops", "0", "--max-objects", "2", "--memory", "slow", "--out", Folder.At("all"));
        Assert.That(everything.ExitCode, Is.Zero, everything.Error);
    }

    [Test]
    public void Policies_side_by_side_score_as_each_on_its_own_and_are_compared_with_the_first()
    {
        var compared = CommandLine.Run(
            "eval", "memory", Dataset, "--model", Model, "--memory", "sam2", "--memory", "samurai:stable_frames=2", "--cost-frames", "3", "--out", Folder.At("memory"));
        Assert.That(compared.ExitCode, Is.Zero, compared.Error);
        Assert.That(compared.Output, Does.Match(@"(?m)^\| samurai:stable_frames=2 \| +\d").And.Contain("ratio to the first"));
        Assert.That(File.ReadAllText(Folder.At("memory", "memory.md")), Does.Contain("95% interval"));
        var alone = CommandLine.Run(
            "eval", "vos", Dataset, "--model", Model, "--memory", "samurai:stable_frames=2", "--no-predictions", "--out", Folder.At("alone"));
        Assert.That(alone.ExitCode, Is.Zero, alone.Error);
        using var one = JsonDocument.Parse(File.ReadAllText(Folder.At("alone", "report.json")));
        using var other = JsonDocument.Parse(File.ReadAllText(Folder.At("memory", "policies", "samurai_stable_frames_2", "report.json")));
        Assert.That(
            other.RootElement.GetProperty("metrics").GetProperty("J&F").GetDouble(),
            Is.EqualTo(one.RootElement.GetProperty("metrics").GetProperty("J&F").GetDouble()).Within(1e-3));
        Assert.That(one.RootElement.GetProperty("settings").GetProperty("memory").GetString(), Is.EqualTo("samurai:stable_frames=2"));
    }
}
