using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class EverythingCommandTests
{
    private const string Model = "sam2.1_hiera_micro";
    private static readonly string[] Lenient = ["--points-per-side", "8", "--pred-iou", "0.3", "--stability", "0.1", "--box-nms", "0.95"];

    private TemporaryFolder _folder = null!;
    private DrawnFrame _drawn = null!;
    private string _picture = null!;

    [OneTimeSetUp]
    public void DrawPicture()
    {
        _folder = new TemporaryFolder();
        _drawn = DemoScene.Create(160, 120).Render(0);
        _picture = _folder.At("scene.png");
        ImageFile.Write(_picture, _drawn.Image);
    }

    [OneTimeTearDown]
    public void RemovePicture() => _folder.Dispose();

    [Test]
    public void Masks_are_written_as_sa1b_has_them_with_an_overlay()
    {
        var output = Everything("plain");
        var found = Sa1bFile.Read(_folder.At("plain", "scene.json"));
        Assert.Multiple(() =>
        {
            Assert.That(output, Does.Contain($"{found.Objects.Count} masks"));
            Assert.That(found.FileName, Is.EqualTo("scene.png"));
            for (byte id = 1; id <= 3; id++)
                Assert.That(found.Objects.Max(o => o.Shape!.ToMask().Iou(_drawn.Mask(id))), Is.GreaterThan(0.8), $"object {id}");
            Assert.That(found.Objects.Select(o => o.Score), Is.All.InRange(0.3, 1.0));
            Assert.That(found.Objects.Select(o => o.StabilityScore), Is.All.InRange(0.1, 1.0));
            Assert.That(found.Objects.Select(o => o.CropBox), Is.All.EqualTo(new AnnotationBox(0, 0, 160, 120)));
            Assert.That(found.Objects.Select(o => o.Point), Has.None.Null);
        });
        var overlay = ImageFile.Read(_folder.At("plain", "overlay.png"));
        Assert.That((overlay.Width, overlay.Height), Is.EqualTo((160, 120)));
        Assert.That(overlay.Pixels.AsSpan().SequenceEqual(_drawn.Image.Pixels), Is.False);
    }

    [TestCase("coco", "annotations.json")]
    [TestCase("coco-rle", "annotations.json")]
    [TestCase("yolo", "scene.txt")]
    [TestCase("labelme", "scene.json")]
    [TestCase("png", "scene/000.png")]
    [TestCase("davis", "scene.png")]
    public void Every_format_can_be_asked_for(string format, string file)
    {
        Everything(format, "--format", format);
        Assert.That(new FileInfo(_folder.At(format, file)).Length, Is.Positive);
    }

    [Test]
    public void Pictures_side_by_side_and_objects_cut_out_can_be_asked_for()
    {
        Everything("pictures", "--save", "side-by-side,cutout");
        var objects = Sa1bFile.Read(_folder.At("pictures", "scene.json")).Objects;
        var both = ImageFile.Read(_folder.At("pictures", "side-by-side.png"));
        Assert.That((both.Width, both.Height), Is.EqualTo((160 + 2 + 160, 120)), "a gap between the two");
        Assert.That(File.Exists(_folder.At("pictures", "overlay.png")), Is.False);
        Assert.That(
            Directory.GetFiles(_folder.At("pictures", "cutout")).Select(Path.GetFileName),
            Is.EquivalentTo(Enumerable.Range(1, objects.Count).Select(i => $"{i}.png")));
        var box = objects[0].Shape!.ToMask().BoundingBox;
        var first = ImageFile.ReadInfo(_folder.At("pictures", "cutout", "1.png"));
        Assert.That((first.Width, first.Height), Is.EqualTo((box.Width, box.Height)));
    }

    [Test]
    public void What_belongs_to_no_object_can_be_darkened()
    {
        Everything("spotlight", "--overlay-style", "spotlight", "--labels", "--pred-iou", "0.8", "--stability", "0.8");
        var objects = Sa1bFile.Read(_folder.At("spotlight", "scene.json")).Objects;
        var any = CocoRle.Merge([.. objects.Select(o => o.Shape!.ToRle())]).Decode();
        var overlay = ImageFile.Read(_folder.At("spotlight", "overlay.png"));
        var darkened = Enumerable.Range(0, any.Data.Length).Count(i => overlay[i % 160, i / 160].G < _drawn.Image[i % 160, i / 160].G / 2);
        Assert.That((double)darkened, Is.EqualTo((double)(any.Data.Length - any.Area)).Within(0.1 * any.Data.Length), "all but objects, and contours and labels");
    }

    [Test]
    public void Small_regions_can_be_removed()
    {
        Everything("cleaned", "--min-area", "40", "--pred-iou", "0.1", "--format", "png");
        foreach (var file in Directory.GetFiles(_folder.At("cleaned", "scene")))
        {
            var mask = MaskFile.Read(file);
            Assert.That(mask.Area < 40 || !MaskCleanup.RemoveSmallRegions(mask, 40, SmallRegions.Islands).Changed, Path.GetFileName(file));
        }
    }

    [Test]
    public void Regions_can_be_left_as_the_original_leaves_them_without_its_extension()
    {
        Everything("as_is");
        Everything("not_cleaned", "--min-area", "40", "--regions", "none");
        Assert.That(File.ReadAllText(_folder.At("not_cleaned", "scene.json")), Is.EqualTo(File.ReadAllText(_folder.At("as_is", "scene.json"))));
    }

    [Test]
    public void Crops_add_masks_that_say_where_they_were_found()
    {
        Everything("crops", "--crops", "1");
        var found = Sa1bFile.Read(_folder.At("crops", "scene.json"));
        Assert.That(found.Objects.Select(o => o.CropBox).Distinct().Count(), Is.GreaterThan(1));
    }

    [TestCase("--format", "gif")]
    [TestCase("--save", "everything")]
    [TestCase("--points-per-side", "0")]
    [TestCase("--pred-iou", "1.5")]
    [TestCase("--stability", "much")]
    [TestCase("--crops", "-1")]
    public void Impossible_options_are_usage_errors(string option, string value)
    {
        var run = CommandLine.Run("everything", _picture, "--model", Model, option, value);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.ErrorLines, Is.EqualTo(1), run.Error);
        Assert.That(run.Error, Does.Contain(option.TrimStart('-')).Or.Contain(value));
    }

    [Test]
    public void A_missing_picture_is_one_line_and_leaves_nothing()
    {
        var run = CommandLine.Run("everything", _folder.At("nowhere.png"), "--model", Model, "--out", _folder.At("nothing"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1), run.Error);
        Assert.That(Directory.Exists(_folder.At("nothing")), Is.False);
    }

    [Test]
    public void What_an_earlier_run_left_is_replaced_as_a_whole()
    {
        Everything("again", "--format", "png", "--save", "cutout");
        Everything("again", "--format", "coco", "--save", "overlay");
        Assert.That(_folder.Results("again"), Is.EqualTo(new[] { "annotations.json", "overlay.png" }));
    }

    [Test]
    public void Unrelated_pictures_of_a_folder_are_worked_on_one_by_one_and_the_rest_can_follow()
    {
        Directory.CreateDirectory(_folder.At("photos"));
        File.Copy(_picture, _folder.At("photos", "a.png"));
        ImageFile.Write(_folder.At("photos", "b.png"), DemoScene.Create(120, 160).Render().Image);
        string[] command = ["everything", _folder.At("photos"), "--pictures", "--model", Model, "--out", _folder.At("many"), "--format", "coco", .. Lenient];
        var run = CommandLine.Run(command);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(_folder.Results("many"), Is.EqualTo(new[] { "annotations.json", "overlay" }));
        Assert.That(_folder.Results("many", "overlay"), Is.EqualTo(new[] { "a.png", "b.png" }));

        File.WriteAllText(_folder.At("photos", "c.jpg"), "no picture");
        ImageFile.Write(_folder.At("photos", "d.png"), _drawn.Image);
        run = CommandLine.Run(command);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("c.jpg").And.Contain("1 of 4 pictures skipped"));
        Assert.That(run.Output, Does.Contain("on 1 pictures").And.Contain("2 done before"));
        var images = CocoReader.Read(_folder.At("many", "annotations.json")).Images;
        Assert.That(images.Select(i => (i.FileName, i.Width)), Is.EqualTo(new[] { ("a.png", 160), ("b.png", 120), ("d.png", 160) }));
        Assert.That(images.Select(i => i.Objects.Count), Is.All.Positive);
        Assert.That(_folder.Results("many", "overlay"), Is.EqualTo(new[] { "a.png", "b.png", "d.png" }));
    }

    private string Everything(string name, params string[] options)
    {
        var run = CommandLine.Run(["everything", _picture, "--model", Model, "--out", _folder.At(name), .. Lenient.Where((_, i) => !options.Contains(Lenient[i / 2 * 2])), .. options]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run.Output;
    }
}
