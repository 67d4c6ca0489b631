using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class AnnotateCommandTests : FolderTests
{
    private const string Model = "sam2.1_hiera_micro";
    private const int Width = 420;
    private const int Height = 300;
    private const double GoodIou = 0.8;

    private static readonly string Detector = RepositoryFiles.At("tests", "Sam2.Torch.Data.Tests", "Annotation", "Boxes", "named.pt");

    private DrawnFrame _scene = null!;
    private string _pictures = null!;
    private string _labels = null!;

    /// <summary>Two pictures of one scene with YOLO labels: a disc of class 1, another object of class 0.</summary>
    [SetUp]
    public void DrawPictures()
    {
        (_pictures, _labels) = (Folder.At("pictures"), Folder.At("labels"));
        Directory.CreateDirectory(_pictures);
        Directory.CreateDirectory(_labels);
        _scene = DemoScene.Create(Width, Height).Render();
        foreach (var name in new[] { "a", "b" })
        {
            ImageFile.Write(Path.Combine(_pictures, name + ".png"), _scene.Image);
            WriteLabels(name);
        }

        File.WriteAllText(Path.Combine(_labels, "classes.txt"), "shape\nball\n");
    }

    [Test]
    public void YOLO_boxes_become_YOLO_polygons()
    {
        var result = Annotate("--boxes", _labels);
        Assert.That(result.Output, Does.Contain("4 masks of 4 boxes on 2 pictures, written as yolo"));
        Assert.That(File.ReadAllLines(Folder.At("out", "classes.txt")), Is.EqualTo(new[] { "shape", "ball" }));
        foreach (var name in new[] { "a.txt", "b.txt" })
        {
            ExpectGoodMasks(YoloLabels.Read(Folder.At("out", name), Width, Height), ball: 1, shape: 0);
        }
    }

    [Test]
    public void A_COCO_file_becomes_a_COCO_file_with_its_categories()
    {
        string boxes = CocoBoxes();
        Annotate("--boxes", boxes, "--format", "coco-rle");
        var data = CocoReader.Read(Folder.At("out", "annotations.json"));
        Assert.That(data.Categories, Is.EqualTo(new AnnotationCategory[] { new(18, "ball"), new(5, "shape") }));
        Assert.That(data.Images.Select(i => i.FileName), Is.EqualTo(new[] { "a.png" }), "b.png is not listed in the COCO file");
        ExpectGoodMasks(data.Images[0].Objects, ball: 18, shape: 5);
    }

    [Test]
    public void Results_can_be_boxes_again()
    {
        Annotate("--boxes", _labels, "--format", "labelme");
        var result = CommandLine.Run("annotate", _pictures, "--model", Model, "--boxes", Folder.At("out"), "--out", Folder.At("again"), "--classes", "1", "--overlay");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        var again = YoloLabels.Read(Folder.At("again", "a.txt"), Width, Height);
        Assert.That(again, Has.Count.EqualTo(1));
        Assert.That(ImageFile.Read(Folder.At("again", "overlays", "b.jpg")).Width, Is.EqualTo(Width));
    }

    [Test]
    public void A_detector_finds_the_boxes()
    {
        var image = new RgbImage(Width, Height);
        image.Pixels.AsSpan().Fill(120);
        var (red, blue) = (Disc(100, 120, 60), Disc(300, 170, 80));
        Paint(image, red, new Rgb(225, 30, 40));
        Paint(image, blue, new Rgb(30, 40, 230));
        Directory.Delete(_pictures, recursive: true);
        Directory.CreateDirectory(_pictures);
        ImageFile.Write(Path.Combine(_pictures, "a.png"), image);
        Annotate("--detector", Detector, "--imgsz", "320");
        var objects = YoloLabels.Read(Folder.At("out", "a.txt"), Width, Height);
        Assert.That(File.ReadAllLines(Folder.At("out", "classes.txt")), Is.EqualTo(new[] { "red thing", "blue thing" }));
        Assert.That(objects.Single(o => o.Category == 0).Shape!.ToMask().Iou(red), Is.GreaterThan(GoodIou));
        Assert.That(objects.Single(o => o.Category == 1).Shape!.ToMask().Iou(blue), Is.GreaterThan(GoodIou));

        Annotate("--detector", Detector, "--classes", "blue thing", "--overwrite", "--conf", "0.5", "--iou", "0.7", "--max-det", "10");
        Assert.That(YoloLabels.Read(Folder.At("out", "a.txt"), Width, Height).Select(o => o.Category), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Damaged_pictures_and_labels_are_reported_and_skipped()
    {
        File.WriteAllText(Path.Combine(_pictures, "broken.jpg"), "no picture");
        File.WriteAllBytes(Path.Combine(_pictures, "cut.png"), File.ReadAllBytes(Path.Combine(_pictures, "a.png"))[..2000]);
        File.Copy(Path.Combine(_pictures, "a.png"), Path.Combine(_pictures, "c.png"));
        File.WriteAllText(Path.Combine(_labels, "c.txt"), "0 0.5 what\n");
        File.Copy(Path.Combine(_pictures, "a.png"), Path.Combine(_pictures, "a.jpeg"));
        var result = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", _labels);
        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(lines, Has.Length.EqualTo(5));
        Assert.That(lines[..4], Is.All.StartsWith("sam2 annotate: skipped: "));
        Assert.That(lines[4], Is.EqualTo("sam2 annotate: 4 of 6 pictures skipped, for the reasons above: a.png, broken.jpg, c.png, cut.png"));
        foreach (var part in new[] { "a.png: its annotation would replace", "broken.jpg", "cut.png", "c.txt: line 1 has 'what'" })
        {
            Assert.That(result.Error, Does.Contain(part));
        }

        Assert.That(result.Output, Does.Contain("4 masks of 4 boxes on 2 pictures").And.Contain("4 skipped"));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "a.txt", "b.txt", "classes.txt" }));
    }

    [Test]
    public void A_picture_of_which_only_crowds_are_known_gets_no_empty_label_file()
    {
        var (x, y, width, height) = _scene.Mask(1).BoundingBox;
        File.WriteAllText(Folder.At("boxes.json"), $$"""
            {"images": [{"id": 1, "file_name": "a.png", "width": {{Width}}, "height": {{Height}}}, {"id": 2, "file_name": "b.png", "width": {{Width}}, "height": {{Height}}},
                        {"id": 3, "file_name": "b.png", "width": {{Width}}, "height": {{Height}}}],
             "categories": [{"id": 1, "name": "ball"}],
             "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "iscrowd": 1, "bbox": [0, 0, 90, 90]},
                             {"id": 6, "image_id": 2, "category_id": 1, "iscrowd": 1, "bbox": [0, 0, 90, 90]},
                             {"id": 7, "image_id": 2, "category_id": 1, "bbox": [{{x}}, {{y}}, {{width}}, {{height}}]},
                             {"id": 8, "image_id": 3, "category_id": 1, "bbox": [600, 600, 9, 9]},
                             {"id": 9, "image_id": 4, "category_id": 1, "bbox": [1, 1, 9, 9]}]}
            """);
        var result = Annotate("--boxes", Folder.At("boxes.json"));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "b.txt", "classes.txt" }));
        Assert.That(YoloLabels.Read(Folder.At("out", "b.txt"), Width, Height), Has.Count.EqualTo(1));
        Assert.That(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[]
        {
            $"sam2 annotate: left out: {Folder.At("boxes.json")}: 1 annotation of pictures that it doesn't list",
            "sam2 annotate: left out: a.png: annotation 5, a crowd. Nothing else is known of it, so no annotation is written",
            "sam2 annotate: left out: b.png: annotation 6, a crowd; 1 of 2 boxes, empty, outside the picture, or without an object that the model sees",
        }));
        Assert.That(result.Output, Does.Contain(
            "1 mask of 2 boxes on 1 picture, written as yolo; 2 annotations left out that no box can be made of; 1 not written, for an empty annotation would be wrong"));
    }

    [Test]
    public void A_damaged_annotation_of_a_COCO_file_does_not_end_the_run()
    {
        var (x, y, width, height) = _scene.Mask(1).BoundingBox;
        File.WriteAllText(Folder.At("boxes.json"), $$"""
            {"images": [{"id": 1, "file_name": "a.png", "width": {{Width}}, "height": {{Height}}}, {"id": 2, "file_name": "b.png", "width": {{Width}}, "height": {{Height}}}],
             "categories": [{"id": 1, "name": "ball"}],
             "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, 90]},
                             {"id": 6, "image_id": 1, "category_id": 1, "bbox": [{{x}}, {{y}}, {{width}}, {{height}}]},
                             {"id": 7, "image_id": 2, "category_id": 1, "bbox": [{{x}}, {{y}}, {{width}}, {{height}}]},
                             {"id": 8, "category_id": 1, "bbox": [1, 1, 9, 9]}]}
            """);
        var run = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", Folder.At("boxes.json"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("annotations[0].bbox is not a box").And.Contain("annotations[3] has no \"image_id\"").And.Contain("2 damaged annotations"));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "a.txt", "b.txt", "classes.txt" }));
    }

    [Test]
    public void Points_and_lines_of_LabelMe_are_left_out_by_name_and_damaged_files_do_not_end_the_run()
    {
        Directory.Delete(_labels, recursive: true);
        Directory.CreateDirectory(_labels);
        ImageFile.Write(Path.Combine(_pictures, "c.png"), _scene.Image);
        ImageFile.Write(Path.Combine(_pictures, "d.png"), _scene.Image);
        var (x, y, width, height) = _scene.Mask(1).BoundingBox;
        var (x1, y1) = (x + width, y + height);
        void WriteLabelMe(string name, string shapes) => File.WriteAllText(
            Path.Combine(_labels, name + ".json"), $$"""{"imagePath": "{{name}}.png", "imageWidth": {{Width}}, "imageHeight": {{Height}}, "shapes": [{{shapes}}]}""");
        WriteLabelMe("a", $$"""{"label": "ball", "shape_type": "rectangle", "points": [[{{x}}, {{y}}], [{{x1}}, {{y}}], [{{x1}}, {{y1}}], [{{x}}, {{y1}}]]}""");
        WriteLabelMe("b", """{"label": "ball", "shape_type": "point", "points": [[5, 5]]}, {"label": "edge", "shape_type": "line", "points": [[5, 5], [9, 9]]}""");
        WriteLabelMe("c", """{"label": "ball", "shape_type": "circle", "points": [[5, 5]]}""");
        WriteLabelMe("d", "");
        var result = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", _labels);
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "a.txt", "classes.txt", "d.txt" }), "d is known to be empty");
        Assert.That(YoloLabels.Read(Folder.At("out", "a.txt"), Width, Height).Single().Shape!.ToMask().Iou(_scene.Mask(1)), Is.GreaterThan(GoodIou));
        Assert.That(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[]
        {
            "sam2 annotate: left out: b.png: shapes[0], a point labelled 'ball'; shapes[1], a line labelled 'edge'. Nothing else is known of it, so no annotation is written",
            $"sam2 annotate: skipped: {Path.Combine(_labels, "c.json")}: shapes[0] is a circle of 1 points; it takes two.",
            "sam2 annotate: 1 of 4 pictures skipped, for the reasons above: c.png",
        }));
    }

    [Test]
    public void Classes_that_no_box_has_are_refused_before_anything_is_written()
    {
        var result = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", _labels, "--classes", "7");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(result.Error, Does.Contain("--classes 7 names none of the classes").And.Contain("0 (shape), 1 (ball)"));
        Assert.That(Directory.Exists(Folder.At("out")), Is.False);
    }

    [Test]
    public void Classes_can_be_named_in_every_format_of_boxes()
    {
        Annotate("--boxes", _labels, "--classes", "ball");
        Assert.That(YoloLabels.Read(Folder.At("out", "a.txt"), Width, Height).Select(o => o.Category), Is.EqualTo(new[] { 1 }));
        Annotate("--boxes", CocoBoxes(), "--classes", " shape ", "--format", "coco-rle", "--overwrite");
        Assert.That(CocoReader.Read(Folder.At("out", "annotations.json")).Images[0].Objects.Select(o => o.Category), Is.EqualTo(new[] { 5 }));
        var result = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("none"), "--boxes", _labels, "--classes", "ball,cube");
        Assert.That(result.Error, Does.Contain("has no class 'cube'; its classes are 0 (shape), 1 (ball)"));
    }

    [Test]
    public void A_second_run_does_what_is_left([Values("yolo", "coco")] string format)
    {
        Annotate("--boxes", _labels, "--format", format);
        string first = format == "yolo" ? Folder.At("out", "a.txt") : Folder.At("out", "annotations.json");
        string before = File.ReadAllText(first);
        ImageFile.Write(Path.Combine(_pictures, "c.png"), _scene.Image);
        WriteLabels("c");
        var result = Annotate("--boxes", _labels, "--format", format);
        Assert.That(result.Output, Does.Contain("2 masks of 2 boxes on 1 picture,").And.Contain("2 done before"));
        Assert.That(Annotate("--boxes", _labels, "--format", format).Output, Does.Contain("0 pictures").And.Contain("3 done before"));
        Assert.That(Annotate("--boxes", _labels, "--format", format, "--overwrite").Output, Does.Contain("6 masks of 6 boxes on 3 pictures"));
        if (format == "yolo")
        {
            Assert.That(File.ReadAllText(first), Is.EqualTo(before));
        }
        else
        {
            Assert.That(CocoReader.Read(first).Images.Select(i => (i.FileName, i.Objects.Count)), Is.EqualTo(new[] { ("a.png", 2), ("b.png", 2), ("c.png", 2) }));
        }
    }

    [Test]
    public void What_was_done_before_Ctrl_C_is_kept_and_the_rest_can_follow()
    {
        foreach (var name in (string[])["c", "d"])
        {
            ImageFile.Write(Path.Combine(_pictures, name + ".png"), _scene.Image);
            WriteLabels(name);
        }

        var run = CommandLine.RunUntil(
            "picture 3 of 4", "annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", _labels, "--format", "coco");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Cancelled), run.Error);
        Assert.That(Folder.Results("out"), Is.Empty);
        Assert.That(Annotate("--boxes", _labels, "--format", "coco").Output, Does.Match(@"\b[23] done before"));
        Assert.That(CocoReader.Read(Folder.At("out", "annotations.json")).Images, Has.Count.EqualTo(4));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "annotations.json" }));
    }

    [Test]
    public void Other_settings_replace_the_whole_run_and_only_once_they_have_succeeded()
    {
        Annotate("--boxes", _labels);
        var before = File.ReadAllText(Folder.At("out", "a.txt"));
        var stopped = CommandLine.RunUntil(
            "picture 2 of 2", "annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", _labels, "--format", "labelme");
        Assert.That(stopped.ExitCode, Is.EqualTo(ExitCode.Cancelled), stopped.Error);
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "a.txt", "b.txt", "classes.txt" }));
        Assert.That(File.ReadAllText(Folder.At("out", "a.txt")), Is.EqualTo(before));
        Assert.That(Annotate("--boxes", _labels, "--format", "labelme").Output, Does.Match(@"\b[12] done before"));
        Assert.That(Folder.Results("out"), Is.EqualTo(new[] { "a.json", "b.json" }));
    }

    [Test]
    public void Files_of_other_people_are_not_replaced()
    {
        Directory.CreateDirectory(Folder.At("out"));
        File.WriteAllText(Folder.At("out", "b.txt"), "0 0.5 0.5 0.1 0.1\n");
        var run = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("out"), "--boxes", _labels, "--overwrite");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("b.txt is in the way"));
        Assert.That(File.ReadAllText(Folder.At("out", "b.txt")), Is.EqualTo("0 0.5 0.5 0.1 0.1\n"));
    }

    [Test]
    public void Classes_can_be_named()
    {
        Annotate("--boxes", _labels, "--classes", "Ball");
        Assert.That(YoloLabels.Read(Folder.At("out", "a.txt"), Width, Height).Select(o => o.Category), Is.EqualTo(new[] { 1 }));
        var unknown = CommandLine.Run("annotate", _pictures, "--model", Model, "--out", Folder.At("none"), "--boxes", _labels, "--classes", "0,cat");
        Assert.That(unknown.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(unknown.Error, Does.Contain("has no class 'cat'; its classes are 0 (shape), 1 (ball)"));
        Assert.That(Directory.Exists(Folder.At("none")), Is.False);
    }

    [Test]
    public void The_default_folder_is_Ultralytics()
    {
        var result = CommandLine.Run("annotate", _pictures + "/", "--model", Model, "--boxes", _labels);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(File.Exists(_pictures + "_auto_annotate_labels/a.txt"));
    }

    [TestCase("give either --boxes or --detector")]
    [TestCase("give either --boxes or --detector", "--boxes", "x", "--detector", "y")]
    [TestCase("--conf is about a detector", "--boxes", "x", "--conf", "0.5")]
    [TestCase("--conf 1.5: a number from 0 to 1", "--detector", "x", "--conf", "1.5")]
    [TestCase("--imgsz 0: at least 1", "--detector", "x", "--imgsz", "0")]
    [TestCase("give numbers or names of classes", "--boxes", "x", "--classes", ",")]
    [TestCase("voc", "--boxes", "x", "--format", "voc")]
    public void Wrong_usage_is_told_in_one_line(string message, params string[] options)
    {
        var result = CommandLine.Run(["annotate", _pictures, "--model", Model, .. options]);
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(result.ErrorLines, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(message));
    }

    [Test]
    public void What_cannot_be_done_is_told_in_one_line()
    {
        foreach (var (folder, boxes, message) in new[]
        {
            (Folder.At("none"), _labels, "does not exist"),
            (_labels, _labels, "holds no pictures"),
            (_pictures, Folder.At("none"), "none: does not exist"),
            (_pictures, _pictures, "has neither YOLO labels"),
            (_pictures, OtherLabels(), "knows none of the pictures"),
        })
        {
            var result = CommandLine.Run("annotate", folder, "--model", Model, "--boxes", boxes, "--out", Folder.At("out"));
            Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Failed), message);
            Assert.That(result.Error, Does.Contain(message));
            Assert.That(result.ErrorLines, Is.EqualTo(1), result.Error);
        }
    }

    private CommandLine Annotate(params string[] options)
    {
        var result = CommandLine.Run(["annotate", _pictures, "--model", Model, "--out", Folder.At("out"), .. options]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result;
    }

    private void ExpectGoodMasks(IReadOnlyList<AnnotatedObject> objects, int ball, int shape)
    {
        Assert.That(objects.Select(o => o.Category), Is.EqualTo(new[] { ball, shape }));
        Assert.That(objects[0].Shape!.ToMask().Iou(_scene.Mask(1)), Is.GreaterThan(GoodIou));
        Assert.That(objects[1].Shape!.ToMask().Iou(_scene.Mask(2)), Is.GreaterThan(GoodIou));
    }

    private void WriteLabels(string name) => YoloLabels.Write(
        Path.Combine(_labels, name + ".txt"), new AnnotatedImage(name + ".png", Width, Height, [BoxOf(1, category: 1), BoxOf(2, category: 0)]),
        [new(0, "shape"), new(1, "ball")]);

    private AnnotatedObject BoxOf(byte id, int category)
    {
        var (x, y, width, height) = _scene.Mask(id).BoundingBox;
        return new AnnotatedObject { Category = category, Box = new AnnotationBox(x, y, width, height) };
    }

    private string CocoBoxes()
    {
        using var writer = new CocoWriter(Folder.At("boxes.json"), [new(18, "ball"), new(5, "shape")]);
        writer.Write(new AnnotatedImage("train/a.png", Width, Height, [BoxOf(1, category: 18), BoxOf(2, category: 5)]));
        writer.Complete();

        return Folder.At("boxes.json");
    }

    private string OtherLabels()
    {
        Directory.CreateDirectory(Folder.At("other"));
        File.Copy(Path.Combine(_labels, "a.txt"), Folder.At("other", "z.txt"));
        return Folder.At("other");
    }

    private static BinaryMask Disc(int cx, int cy, int radius)
    {
        var mask = new BinaryMask(Height, Width);
        for (var i = 0; i < mask.Data.Length; i++)
        {
            int x = i % Width - cx, y = i / Width - cy;
            mask.Data[i] = x * x + y * y <= radius * radius ? (byte)1 : (byte)0;
        }

        return mask;
    }

    private static void Paint(RgbImage image, BinaryMask mask, Rgb colour)
    {
        for (var i = 0; i < mask.Data.Length; i++)
        {
            if (mask.Data[i] != 0)
            {
                image[i % Width, i / Width] = colour;
            }
        }
    }
}
