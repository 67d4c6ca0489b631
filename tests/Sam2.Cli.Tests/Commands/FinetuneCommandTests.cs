using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Cli.Tests.Commands;

public class FinetuneCommandTests : FolderTests
{
    private const int Size = 64;

    private static readonly string Model = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    [TestCase("coco")]
    [TestCase("yolo")]
    [TestCase("labelme")]
    [TestCase("folders")]
    public void Any_small_data_set_becomes_a_model_and_a_report(string format)
    {
        WriteData(format);
        var run = Finetune();
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("before: mIoU, one click").And.Contain("after: mIoU, one click").And.Contain("model.pt"));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "log.jsonl", "model.pt", "pictures", "recipe.yaml", "report.html", "report.md", "train.txt", "validation.txt" }));
        Assert.That((File.ReadAllLines(Folder.At("out", "train.txt")).Length, File.ReadAllLines(Folder.At("out", "validation.txt")).Length), Is.EqualTo((3, 1)));
        var report = File.ReadAllText(Folder.At("out", "report.md"));
        var picture = Directory.GetFiles(Folder.At("out", "pictures")).Single();
        Assert.That(report, Does.Contain("mIoU, a box").And.Contain("mask decoder").And.Contain($"pictures/{Path.GetFileName(picture)}"));
        Assert.That(ImageFile.Read(picture).Width, Is.GreaterThan(3 * Size), "truth, before, after");
        Assert.That(File.ReadAllText(Folder.At("out", "report.html")), Does.Contain("data:image/png;base64"));

        using var scope = NewDisposeScope();
        using var trained = ModelLoader.Load(Folder.At("out", "model.pt"));
        using var start = ModelLoader.Load(Model);
        var (now, then) = (trained.state_dict(), start.state_dict());
        bool Differs(string name) => !now[name].equal(then[name]).all().item<bool>();
        Assert.That(now.Keys.Where(Differs), Is.Not.Empty.And.All.StartsWith("sam_mask_decoder.").And.None.Contain("conv_s"));
    }

    [Test]
    public void The_recipe_that_is_left_trains_the_same_weights()
    {
        WriteData("folders");
        Assert.That(Finetune().ExitCode, Is.Zero);
        var train = CommandLine.Run("train", Folder.At("out", "recipe.yaml"), "--out", Folder["again"]);
        Assert.That(train.ExitCode, Is.Zero, train.Error);
        Assert.That(File.ReadAllBytes(Folder.At("again", "best.pt")), Is.EqualTo(File.ReadAllBytes(Folder.At("out", "model.pt"))));
    }

    [Test]
    public void A_run_that_was_stopped_goes_on_and_one_that_is_done_is_not_done_again()
    {
        WriteData("folders");
        Assert.That(CommandLine.Run(Arguments("whole")).ExitCode, Is.Zero);
        var stopped = CommandLine.RunUntil("validation at step 1", Arguments("out"));
        Assert.That(stopped.ExitCode, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(Folder.Results("out"), Is.Empty);
        var rest = Finetune();
        Assert.That(rest.Output, Does.Contain("resuming"));
        Assert.That(File.ReadAllBytes(Folder.At("out", "model.pt")), Is.EqualTo(File.ReadAllBytes(Folder.At("whole", "model.pt"))));
        var again = Finetune();
        Assert.That((again.ExitCode, again.ErrorLines), Is.EqualTo((0, 0)));
        Assert.That(again.Output, Does.Contain("was made before"));
    }

    [Test]
    public void Low_rank_updates_are_left_alone_and_in_the_model()
    {
        WriteData("folders");
        var run = Finetune("--lora", "2", "--train-encoder");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var scope = NewDisposeScope();
        using var merged = ModelLoader.Load(Folder.At("out", "model.pt"));
        using var loaded = ModelLoader.Load(Model, lora: Folder.At("out", "adapter"));
        foreach (var (name, weight) in loaded.state_dict()) Close.Within(weight, merged.state_dict()[name], 1e-6, name);
        Assert.That(File.ReadAllText(Folder.At("out", "report.md")), Does.Contain("LoRA of rank 2"));
        Assert.That(merged.state_dict().Keys, Has.None.Contain("lora"));
    }

    [Test]
    public void What_cannot_be_used_is_left_out_or_refused_by_name()
    {
        WriteData("folders");
        File.WriteAllBytes(Folder.At("data", "images", "0.png"), [1, 2, 3]);
        var run = Finetune("--val-share", "0.34");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error, Does.Contain("left out").And.Contain("0.png"));
        Assert.That(CommandLine.Run("finetune", Folder["nowhere"], "--model", Model).Error, Does.Contain("nowhere does not exist"));
        foreach (var (option, value) in new[] { ("--val-share", "1"), ("--steps", "0"), ("--lora", "0"), ("--seed", "-1") })
        {
            var wrong = Finetune(option, value);
            Assert.That((wrong.ExitCode, wrong.ErrorLines), Is.EqualTo((ExitCode.Usage, 1)), wrong.Error);
            Assert.That(wrong.Error, Does.Contain(option));
        }
    }

    private CommandLine Finetune(params string[] options) => CommandLine.Run(Arguments("out", options));

    private string[] Arguments(string directory, params string[] options) =>
        ["finetune", Folder["data"], "--model", Model, "--out", Folder[directory], .. options.Contains("--steps") ? Array.Empty<string>() : ["--steps", "2"], .. options];

    /// <summary>Four pictures of cells and their masks.</summary>
    private void WriteData(string format)
    {
        var (images, labels) = (Folder.At("data", format == "labelme" ? "" : "images"), Folder.At("data", format switch { "yolo" => "labels", "folders" => "masks", _ => "" }));
        foreach (var folder in new[] { images, labels }) Directory.CreateDirectory(folder);
        using var writer = format == "folders" ? null : AnnotationFormats.Create(format, labels, [new(1, "cell")]);
        for (var i = 0; i < 4; i++)
        {
            var (image, masks) = CellPictures.Draw((ulong)i, Size, Size);
            var name = $"{i}.png";
            ImageFile.Write(Path.Combine(images, name), image);
            writer?.Write(new AnnotatedImage(name, Size, Size, [.. masks.OrderBy(m => m.Key).Select(m => AnnotatedObject.FromMask(CocoRle.Encode(m.Value), 1))]));
            if (writer is null) IndexedMasks.Combine(masks, Size, Size).Write(Path.Combine(labels, name));
        }

        writer?.Complete();
    }
}
