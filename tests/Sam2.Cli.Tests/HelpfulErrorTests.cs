using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Media;
using TestSupport;
using TorchSharp;

namespace Sam2.Cli.Tests;

/// <summary>What people get wrong: the error names the option and the value, and says what would be right.</summary>
public class HelpfulErrorTests : FolderTests
{
    private const string Model = "sam2.1_hiera_micro";

    [TestCase("tpu", "--device 'tpu' is no device; cpu, cuda, cuda:1 and mps are", ExitCode.Usage)]
    [TestCase("cuda:x", "--device 'cuda:x' is no device", ExitCode.Usage)]
    public void A_device_that_is_none(string device, string message, int exitCode)
    {
        var run = Segment("--device", device);
        Assert.That(run.Error, Does.Contain(message));
        Assert.That(run.ExitCode, Is.EqualTo(exitCode));
    }

    [Test]
    public void A_device_that_is_not_here()
    {
        if (torch.cuda.is_available()) Assert.That(torch.cuda.device_count(), Is.LessThan(99));
        var run = Segment("--device", torch.cuda.is_available() ? "cuda:99" : "cuda");
        Assert.That(run.Error, Does.Match("--device cuda(:99)?: (libtorch finds no CUDA device; use --device cpu, or build with -p:TorchDevice=cuda|there are only)"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));

        File.WriteAllText(Folder["r.yaml"], $"steps: 1\ndevice: {(torch.cuda.is_available() ? "tpu" : "cuda")}\nmodel: {{architecture: sam2.1_hiera_nano}}\ndata: {{train: [{{dataset: {{kind: procedural}}}}]}}\n");
        var training = CommandLine.Run("train", Folder["r.yaml"], "--out", Folder["run"]);
        Assert.That(training.Error, Does.Contain(torch.cuda.is_available() ? "'tpu' is no device" : "cuda is set, but libtorch finds no CUDA device"));
    }

    [Test]
    public void A_value_that_is_none_of_a_choice()
    {
        Assert.That(Segment("--precision", "int8").Error, Does.Contain("--precision 'int8': give one of fp32, bf16, fp16, auto"));
        Assert.That(Segment("--overlay-style", "glow").Error, Does.Contain("--overlay-style 'glow': give one of fill, outline, spotlight"));
        Assert.That(CommandLine.Run("completion", "fish").Error, Does.Contain("'fish': give one of bash, zsh, pwsh"));
    }

    [TestCase("nope=3", "--set has the unknown setting 'nope'")]
    [TestCase("steps=abc", "--set has 'steps: abc' where a whole number belongs")]
    [TestCase("steps=-1", "--set steps=-1: steps is -1; at least 1 is needed")]
    [TestCase("steps", "--set 'steps' is not of the form key=value")]
    public void A_setting_that_is_wrong(string setting, string message)
    {
        var run = CommandLine.Run("train", RepositoryFiles.At("recipes", "micro.yaml"), "--set", setting, "--out", Folder["run"]);
        Assert.That(run.Error, Does.Contain(message));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(Folder.Files, Is.Empty);
    }

    [Test]
    public void A_folder_or_nothing_where_a_file_belongs()
    {
        Directory.CreateDirectory(Folder["folder"]);
        File.WriteAllText(Folder["empty.json"], "[]");
        var video = Folder["v"];
        DemoClip.Write(video, 120, 90, 2);
        Directory.CreateDirectory(Folder["unrelated"]);
        foreach (var (name, width) in new[] { ("a.png", 60), ("b.png", 80) }) ImageFile.Write(Folder.At("unrelated", name), new RgbImage(width, 50));
        foreach (var (args, message, exitCode) in new (string[], string, int)[]
        {
            (["train", Folder["folder"], "--out", Folder["run"]], "is a folder", ExitCode.Failed),
            (["eval", "vos", "procedural:count=1", "--model", Model, "--videos", Folder["none"], "--out", Folder["run"]], "none does not exist", ExitCode.Failed),
            (["eval", "vos", "procedural:count=1", "--model", Model, "--videos", Folder["folder"], "--out", Folder["run"]], "is a folder; name a text file", ExitCode.Failed),
            (["bench", "--compare", Folder["none"]], "none' does not exist", ExitCode.Failed),
            (["bench", "--compare", Folder["folder"]], "is a folder, not a file", ExitCode.Failed),
            (["everything", Folder["unrelated"], "--model", Model, "--points-per-side", "1", "--out", Folder["run"]], "If they are no frames of a video: --pictures", ExitCode.Failed),
            (["everything", Folder.At("unrelated", "a.png"), "--model", Model, "--frames", "3", "--out", Folder["run"]], "--frames is about videos", ExitCode.Usage),
            (["everything", Folder["unrelated"], "--pictures", "--model", Model, "--memory", "slow", "--out", Folder["run"]], "--memory is about videos", ExitCode.Usage),
            (["everything", Folder["none"], "--model", Model, "--crop-overlap", "2"], "--crop-overlap 2: a number from 0 to 1 is needed (see", ExitCode.Usage),
            (["track", video, "--model", Model, "--prompts", Folder["empty.json"], "--out", Folder["run"]], "has no prompt in it", ExitCode.Usage),
            (["track", video, "--model", Model, "--prompt", "point=50%,50%", "--out", Folder["empty.json"]], "is a file, where a folder is needed", ExitCode.Failed),
        })
        {
            var run = CommandLine.Run(args);
            Assert.That((run.ExitCode, run.Error), Is.EqualTo((exitCode, run.Error)));
            Assert.That(run.Error, Does.Contain(message).And.Not.Contain("Access to the path").And.Not.Contain("Could not find"));
        }
    }

    [Test]
    public void An_ending_that_no_picture_or_video_has()
    {
        foreach (var (args, message) in new (string[], string)[]
        {
            (["x.xyz"], "must end in .png, .jpg or .jpeg; for a video, give --frames"),
            (["x.png", "--frames", "3"], "must end in .mp4, .m4v, .mov or .mkv"),
        })
        {
            var run = CommandLine.Run(["draw", .. args]);
            Assert.That(run.Error, Does.Contain(message));
            Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        }
    }

    [Test]
    public void Prompts_that_are_no_JSON_are_wrong_usage_as_all_wrong_prompts_are()
    {
        File.WriteAllText(Folder["p.json"], "[{]");
        var run = CommandLine.Run("track", Folder.Path, "--model", Model, "--prompts", Folder["p.json"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage), run.Error);
    }

    [Test]
    public void Annotations_that_are_crowds_only_are_not_said_to_be_of_other_pictures()
    {
        Directory.CreateDirectory(Folder["pictures"]);
        foreach (var name in new[] { "a.png", "b.png" }) ImageFile.Write(Path.Combine(Folder["pictures"], name), new RgbImage(40, 30));
        File.WriteAllText(Folder["crowds.json"], """
            {"images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}], "categories": [{"id": 1, "name": "ball"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9], "area": 81, "iscrowd": 1, "segmentation": [[1, 1, 9, 1, 9, 9]]}]}
            """);
        var run = CommandLine.Run("annotate", Folder["pictures"], "--model", Model, "--boxes", Folder["crowds.json"], "--out", Folder["out"]);
        Assert.That(run.Error, Does.Contain("a crowd").And.Contain("has nothing that a box can be made of").And.Not.Contain("knows none of the pictures"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
    }

    [Test]
    public void Weights_that_are_not_finite_are_named_by_info_and_convert()
    {
        const string Weight = "sam_mask_decoder.iou_token.weight";
        Save("nan.pt", Weight, float.NaN);
        var info = CommandLine.Run("info", Folder["nan.pt"]);
        Assert.That(info.Output, Does.Contain($"numbers in {Weight} are NaN or infinite"));
        Assert.That(CommandLine.Run("info", Model).Output, Does.Not.Contain("NaN"));
        var convert = CommandLine.Run("convert", Folder["nan.pt"], Folder["same.safetensors"]);
        Assert.That(convert.ExitCode, Is.Zero, convert.Error);
        Assert.That(convert.Error, Does.Contain($"numbers in {Weight} are NaN or infinite"));

        Save("large.pt", Weight, 1e6f);
        var large = CommandLine.Run("convert", Folder["large.pt"], Folder["half.pt"], "--dtype", "fp16");
        Assert.That(large.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(large.Error, Does.Contain($"--dtype fp16: weights of").And.Contain(Weight).And.Contain("use bf16 or fp32"));
        Assert.That(File.Exists(Folder["half.pt"]), Is.False);
        Assert.That(CommandLine.Run("convert", Folder["large.pt"], Folder["half.pt"], "--dtype", "bf16").ExitCode, Is.Zero);
    }

    /// <summary>The shipped checkpoint in float32, with another number in one of its weights.</summary>
    private void Save(string name, string weight, float number)
    {
        using var scope = torch.NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Weights("sam2.1_hiera_micro.pt"));
        var weights = checkpoint.StateDict.ToDictionary(entry => entry.Key, entry => entry.Value.Load().to(torch.float32));
        weights[weight] = weights[weight].clone();
        weights[weight].view(-1).narrow(0, 0, 1).fill_(number);
        CheckpointWriter.Save(Folder[name], weights, checkpoint.Entries);
    }

    private CommandLine Segment(params string[] options)
    {
        ImageFile.Write(Folder["p.png"], new RgbImage(40, 30));
        return CommandLine.Run(["segment", Folder["p.png"], "--model", Model, "--point", "1,2", "--out", Folder["out"], .. options]);
    }
}
