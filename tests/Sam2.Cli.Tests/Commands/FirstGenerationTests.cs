using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

/// <summary>Checkpoints of the first Segment Anything in the commands for pictures, and what the others say to them.</summary>
public class FirstGenerationTests : FolderTests
{
    private string _sam = "";
    private string _picture = "";

    [SetUp]
    public void Save()
    {
        _sam = SamModels.Save(Folder["sam_small.pth"], SamModels.Plain);
        _picture = Folder["scene.png"];
        ImageFile.Write(_picture, DemoScene.Create(210, 150).Render().Image);
    }

    [Test]
    public void Pictures_are_segmented()
    {
        var run = CommandLine.Run("segment", _picture, "--model", _sam, "--point", "50,60", "--box", "20,20,90,100", "--box", "110,30,200,140", "--out", Folder["out"], "--json", Folder["masks.json"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(Folder["masks.json"]));
        Assert.That(json.RootElement.GetProperty("masks").GetArrayLength(), Is.EqualTo(2));
        Assert.That(File.Exists(Folder["out/overlay.png"]));
    }

    [Test]
    public void Everything_is_found()
    {
        var run = CommandLine.Run(
            "everything", _picture, "--model", _sam, "--out", Folder["out"], "--points-per-side", "3", "--pred-iou", "0", "--stability", "0", "--box-nms", "1", "--format", "coco");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Match(@"[1-9]\d* masks"));
    }

    [Test]
    public void Info_tells_what_it_is()
    {
        var run = CommandLine.Run("info", _sam);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(InfoCommandTests.Value(run, "architecture"), Is.EqualTo("custom (ViT: width 64, 4 blocks), for pictures only"));
        Assert.That(InfoCommandTests.Value(run, "image size"), Is.EqualTo("256 x 256"));
        Assert.That(run.Output, Does.Contain("  image encoder").And.Contain("  prompt encoder").And.Contain("  mask decoder").And.Not.Contain("other"));
    }

    [Test]
    public void It_is_timed_without_tracking()
    {
        var run = CommandLine.Run("bench", "--model", _sam, "--repeat", "1", "--only", "image_encoder", "one_click");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("image encoder, 256x256"));
        var none = CommandLine.Run("bench", "--model", _sam, "--repeat", "1", "--only", "track_1");
        Assert.That(none.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(none.Error, Does.Contain("track_1 is no figure of this run; image_encoder, one_click, clicks_64_multimask, everything_32 are"));
    }

    [Test]
    public void Boxes_become_masks()
    {
        Directory.CreateDirectory(Folder["pictures"]);
        Directory.CreateDirectory(Folder["labels"]);
        File.Copy(_picture, Folder["pictures/scene.png"]);
        File.WriteAllText(Folder["labels/scene.txt"], "0 0.5 0.5 0.6 0.6\n");
        var run = CommandLine.Run("annotate", Folder["pictures"], "--model", _sam, "--boxes", Folder["labels"], "--out", Folder["out"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(File.ReadAllText(Folder["out/scene.txt"]), Does.StartWith("0 "));
    }

    [TestCase("track", "VIDEO", "--prompt", "frame=0 obj=1 point=10,10,1")]
    [TestCase("everything", "VIDEO")]
    public void What_needs_a_memory_says_that_SAM_2_is_needed(params string[] arguments)
    {
        Directory.CreateDirectory(Folder["video"]);
        for (var i = 0; i < 2; i++) File.Copy(_picture, Folder[$"video/{i}.png"]);
        var run = CommandLine.Run([.. arguments.Select(argument => argument == "VIDEO" ? Folder["video"] : argument), "--model", _sam, "--out", Folder["out"]]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1), run.Error);
        Assert.That(run.Error, Does.Contain("no memory").And.Contain("Give a SAM 2 model: tracking"));
    }

    [Test]
    public void Random_weights_of_it_cannot_be_trained_or_tracked_with()
    {
        var run = CommandLine.Run("bench", "--random", "sam_vit_b", "--video");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("no memory"));
    }
}
