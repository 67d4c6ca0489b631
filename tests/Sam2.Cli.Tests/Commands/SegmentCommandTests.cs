using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;
using TorchSharp;

namespace Sam2.Cli.Tests.Commands;

public class SegmentCommandTests : FolderTests
{
    private const string Model = "sam2.1_hiera_micro";

    private DrawnFrame _scene = null!;
    private string _image = null!;

    [SetUp]
    public void DrawScene()
    {
        _scene = DemoScene.Create(420, 300).Render();
        _image = Folder.At("scene.png");
        ImageFile.Write(_image, _scene.Image);
    }

    [Test]
    public void A_click_gives_the_mask_of_what_was_clicked_on()
    {
        var report = Segment("--point", "24%,42%");
        Assert.That(report.GetArrayLength(), Is.EqualTo(1));
        Assert.That(Mask(0).Iou(_scene.Mask(1)), Is.GreaterThan(0.8));
    }

    [Test]
    public void A_box_gives_the_mask_of_what_is_in_it()
    {
        var box = _scene.Mask(2).BoundingBox;
        Segment("--box", $"{box.X},{box.Y},{box.X + box.Width},{box.Y + box.Height}");
        Assert.That(Mask(0).Iou(_scene.Mask(2)), Is.GreaterThan(0.8));
    }

    [Test]
    public void Multimask_gives_three_masks_the_best_first()
    {
        var masks = Segment("--point", "24%,42%", "--multimask");
        Assert.That(masks.GetArrayLength(), Is.EqualTo(3));
        Assert.That(masks.EnumerateArray().Select(m => m.GetProperty("score").GetDouble()), Is.Ordered.Descending);
        Assert.That(Files("mask_*.png"), Has.Length.EqualTo(3));
    }

    [Test]
    public void Several_boxes_give_a_mask_each_and_say_which()
    {
        var boxes = new[] { 1, 2 }.Select(id => _scene.Mask((byte)id).BoundingBox).SelectMany(b => new[] { "--box", $"{b.X},{b.Y},{b.X + b.Width},{b.Y + b.Height}" });
        var masks = Segment([.. boxes]);
        Assert.That(masks.GetArrayLength(), Is.EqualTo(2));
        for (var i = 0; i < 2; i++)
        {
            var id = (byte)(masks[i].GetProperty("object").GetInt32() + 1);
            Assert.That(Mask(i).Iou(_scene.Mask(id)), Is.GreaterThan(0.8), $"mask {i}, object {id}");
        }
    }

    [Test]
    public void The_report_describes_the_files_that_were_written()
    {
        var masks = Segment("--point", "24%,42%", "--multimask");
        for (var i = 0; i < 3; i++)
        {
            var (json, mask) = (masks[i], Mask(i));
            Assert.That(json.GetProperty("file").GetString(), Is.EqualTo(Folder.At("out", $"mask_{i}.png")));
            Assert.That(json.GetProperty("area").GetInt64(), Is.EqualTo(mask.Area));
            var box = mask.BoundingBox;
            Assert.That(json.GetProperty("bbox").EnumerateArray().Select(e => e.GetInt32()), Is.EqualTo(new[] { box.X, box.Y, box.Width, box.Height }));
            var rle = json.GetProperty("rle");
            Assert.That(rle.GetProperty("size").EnumerateArray().Select(e => e.GetInt32()), Is.EqualTo(new[] { 300, 420 }));
            Assert.That(CocoRle.FromCompressedString(300, 420, rle.GetProperty("counts").GetString()!).Decode(), Is.EqualTo(mask));
        }
    }

    [Test]
    public void Masks_are_written_as_black_and_white_and_the_overlay_in_the_images_size()
    {
        Segment("--point", "24%,42%");
        var mask = ImageFile.Read(Folder.At("out", "mask_0.png"));
        Assert.That(mask.Pixels, Is.All.EqualTo(0).Or.EqualTo(255));
        var overlay = ImageFile.Read(Folder.At("out", "overlay.png"));
        Assert.That((overlay.Width, overlay.Height), Is.EqualTo((420, 300)));
        Assert.That(overlay.Pixels, Is.Not.EqualTo(_scene.Image.Pixels));
    }

    [Test]
    public void Only_the_pictures_asked_for_are_written()
    {
        var masks = Segment("--point", "24%,42%", "--save", "side-by-side,cutout", "--overlay-style", "spotlight", "--labels");
        Assert.That(Files("*.png").Select(Path.GetFileName).Order(), Is.EqualTo(new[] { "cutout_0.png", "side-by-side.png" }));
        Assert.That(masks[0].TryGetProperty("file", out _), Is.False);
        var box = masks[0].GetProperty("bbox").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var cutout = ImageFile.ReadInfo(Folder.At("out", "cutout_0.png"));
        Assert.That((cutout.Width, cutout.Height), Is.EqualTo((box[2], box[3])));
        var both = ImageFile.Read(Folder.At("out", "side-by-side.png"));
        Assert.That((both.Width, both.Height), Is.EqualTo((842, 300)));
        Assert.That(both[5, 5], Is.EqualTo(_scene.Image[5, 5]));
        Assert.That(both[842 - 415, 5].G, Is.LessThan(_scene.Image[5, 5].G / 2 + 1), "what is not the object is darkened on the right");
    }

    [TestCase("--save", "overlay,gif", "side-by-side")]
    [TestCase("--save", ",", "side-by-side")]
    [TestCase("--overlay-style", "glow", "spotlight")]
    public void Unknown_pictures_and_styles_are_wrong_usage(string option, string value, string word)
    {
        var run = Run("--point", "1,2", option, value);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(word));
    }

    [Test]
    public void A_model_that_gives_nan_is_named_before_anything_is_written()
    {
        using (var model = ModelLoader.Load(RepositoryFiles.At("weights", Model + ".pt")))
        {
            using var noGradient = torch.no_grad();
            using var weight = model.get_parameter("sam_mask_decoder.iou_token.weight")!.view(-1);
            weight[0] = float.NaN;
            CheckpointWriter.Save(Folder.At("broken.safetensors"), model);
        }

        var run = CommandLine.Run("segment", _image, "--model", Folder.At("broken.safetensors"), "--point", "24%,42%", "--out", Folder.At("out"));
        AssertFailure(run, "broken.safetensors", "NaN", "sam_mask_decoder.iou_token.weight", "another checkpoint");
        Assert.That(Directory.Exists(Folder.At("out")), Is.False);
    }

    [Test]
    public void A_mask_to_start_from_is_a_prompt()
    {
        MaskFile.WritePng(Folder.At("start.png"), _scene.Mask(2));
        Segment("--mask", Folder.At("start.png"));
        Assert.That(Mask(0).Iou(_scene.Mask(2)), Is.GreaterThan(0.8));
    }

    [Test]
    public void A_mask_of_another_size_is_refused_with_both_sizes()
    {
        MaskFile.WritePng(Folder.At("start.png"), new BinaryMask(10, 20));
        var run = Run("--mask", Folder.At("start.png"));
        AssertFailure(run, "20 by 10", "420 by 300", "proportions");
    }

    [Test]
    public void A_mask_of_the_images_proportions_is_scaled()
    {
        MaskFile.WritePng(Folder.At("start.png"), DemoScene.Create(210, 150).Render().Mask(2));
        Segment("--mask", Folder.At("start.png"));
        Assert.That(Mask(0).Iou(_scene.Mask(2)), Is.GreaterThan(0.8));
    }

    [Test]
    public void A_picture_of_several_objects_is_no_mask_to_start_from()
    {
        IndexedMasks.CombineLabels(new Dictionary<int, BinaryMask> { [1] = _scene.Mask(1), [300] = _scene.Mask(2) }, 300, 420).Write(Folder.At("start.png"));
        AssertFailure(Run("--mask", Folder.At("start.png")), "start.png", "several objects (1, 300)");
    }

    [TestCase("--point", "500,10", "420", "300")]
    [TestCase("--box", "430,10,440,20", "420", "300")]
    public void A_prompt_outside_the_image_is_refused_with_the_images_size(string option, string value, params string[] words) =>
        AssertFailure(Run(option, value), words);

    [Test]
    public void A_missing_image_is_named()
    {
        var run = CommandLine.Run("segment", Folder.At("none.jpg"), "--model", Model, "--point", "1,2", "--out", Folder.At("out"));
        AssertFailure(run, "none.jpg");
    }

    [Test]
    public void A_missing_model_is_named()
    {
        var run = CommandLine.Run("segment", _image, "--model", Folder.At("none.pt"), "--point", "1,2", "--out", Folder.At("out"));
        AssertFailure(run, "none.pt");
    }

    [Test]
    public void A_device_that_is_none_is_refused()
    {
        var run = Run("--point", "1,2", "--device", "toaster");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("toaster").And.Contain("cpu"));
    }

    [Test]
    public void A_report_to_the_standard_output_is_all_that_is_written_there()
    {
        var run = Run("--point", "24%,42%", "--json", "-");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.That(json.RootElement.GetProperty("width").GetInt32(), Is.EqualTo(420));
    }

    [Test]
    public void Half_precision_finds_the_same_object([Values("bf16", "fp16")] string precision)
    {
        Segment("--point", "24%,42%", "--precision", precision);
        Assert.That(Mask(0).Iou(_scene.Mask(1)), Is.GreaterThan(0.8));
    }

    [Test]
    public void Progress_is_drawn_on_a_terminal_and_wiped_at_the_end()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = Sam2Command.Run(
            ["segment", _image, "--model", Model, "--point", "24%,42%", "--out", Folder.At("out")], output, error, errorIsTerminal: true);
        Assert.That(exitCode, Is.Zero);
        Assert.That(error.ToString(), Does.Contain("encoding the image").And.EndsWith("\r\u001b[2K"));
        Assert.That(output.ToString(), Does.Contain("mask_0.png").And.Not.Contain("\u001b"));
    }

    [Test]
    public void What_an_earlier_run_left_is_replaced_as_a_whole_and_other_files_stay()
    {
        Segment("--point", "24%,42%", "--multimask", "--save", "masks,cutout");
        File.WriteAllText(Folder.At("out", "notes.txt"), "mine");
        Segment("--point", "24%,42%", "--save", "masks,overlay");
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "mask_0.png", "notes.txt", "overlay.png", "report.json" }));
    }

    [Test]
    public void A_run_that_fails_leaves_the_results_of_the_one_before()
    {
        Segment("--point", "24%,42%");
        var before = Folder.Results("out").Select(name => File.ReadAllBytes(Folder.At("out", name))).ToList();
        Assert.That(Run("--point", "24%,42%", "--lora", Folder.At("nothing")).ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(CommandLine.RunUntil("writing", "segment", _image, "--model", Model, "--box", "1,1,90,90", "--out", Folder.At("out")).ExitCode, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(Folder.Results("out").Select(name => File.ReadAllBytes(Folder.At("out", name))), Is.EqualTo(before));
    }

    [Test]
    public void Files_that_no_run_wrote_are_not_replaced()
    {
        Directory.CreateDirectory(Folder.At("out"));
        File.WriteAllText(Folder.At("out", "overlay.png"), "a holiday picture");
        var run = Run("--point", "24%,42%");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("overlay.png is in the way").And.Contain("--out"));
        Assert.That(File.ReadAllText(Folder.At("out", "overlay.png")), Is.EqualTo("a holiday picture"));
        Assert.That(Folder.Results("out"), Has.Length.EqualTo(1));
    }

    [Test]
    public void The_pictures_of_a_folder_get_the_same_prompts_and_a_damaged_one_is_skipped()
    {
        Directory.CreateDirectory(Folder.At("photos"));
        File.Copy(_image, Folder.At("photos", "a.png"));
        ImageFile.Write(Folder.At("photos", "b.jpg"), DemoScene.Create(210, 150).Render().Image);
        File.WriteAllText(Folder.At("photos", "c.png"), "no picture");
        var run = CommandLine.Run("segment", Folder.At("photos"), "--model", Model, "--point", "24%,42%", "--out", Folder.At("out"), "--json", Folder.At("out", "all.json"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("skipped: c.png").And.Contain("1 of 3 pictures skipped"));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "a", "all.json", "b" }));
        Assert.That(MaskFile.Read(Folder.At("out", "a", "mask_0.png")).Iou(_scene.Mask(1)), Is.GreaterThan(0.8));
        Assert.That(MaskFile.Read(Folder.At("out", "b", "mask_0.png")).Iou(DemoScene.Create(210, 150).Render().Mask(1)), Is.GreaterThan(0.8));
        using var json = JsonDocument.Parse(File.ReadAllText(Folder.At("out", "all.json")));
        Assert.That(json.RootElement.EnumerateArray().Select(r => r.GetProperty("masks")[0].GetProperty("file").GetString()), Is.EqualTo(new[] { Folder.At("out", "a", "mask_0.png"), Folder.At("out", "b", "mask_0.png") }));
    }

    [Test]
    public void Cancelling_leaves_nothing_behind_and_says_so()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        var run = CommandLine.Run(cancel.Token, "segment", _image, "--model", Model, "--point", "1,2", "--out", Folder.At("out"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(run.Error, Is.EqualTo("sam2 segment: cancelled\n").Or.EqualTo("sam2 segment: cancelled\r\n"));
        Assert.That(Directory.Exists(Folder.At("out")), Is.False);
    }

    private CommandLine Run(params string[] arguments) =>
        CommandLine.Run(["segment", _image, "--model", Model, "--out", Folder.At("out"), .. arguments]);

    private JsonElement Segment(params string[] arguments)
    {
        var run = Run([.. arguments, "--json", Folder.At("out", "report.json")]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error, Is.Empty);
        using var json = JsonDocument.Parse(File.ReadAllText(Folder.At("out", "report.json")));
        return json.RootElement.GetProperty("masks").Clone();
    }

    private BinaryMask Mask(int index) => MaskFile.Read(Folder.At("out", $"mask_{index}.png"));

    private string[] Files(string pattern) => Directory.GetFiles(Folder.At("out"), pattern);

    private void AssertFailure(CommandLine run, params string[] words)
    {
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.ErrorLines, Is.EqualTo(1), run.Error);
        foreach (var word in words)
        {
            Assert.That(run.Error, Does.Contain(word));
        }

        Assert.That(Directory.Exists(Folder.At("out")), Is.False);
    }
}
