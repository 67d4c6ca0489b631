using System.IO.Compression;
using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Annotation.Boxes;
using Sam2.Torch.Media;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Data.Tests.Annotation.Boxes;

/// <summary>Detectors made by make.py beside this file: they find what is red and what is blue.</summary>
public class DetectorTests
{
    private static readonly AnnotationBox Red = new(30, 20, 60, 40);
    private static readonly AnnotationBox Blue = new(120, 60, 80, 70);

    [Test]
    public void Boxes_come_back_to_the_picture_and_doubles_and_doubts_are_dropped([Values(320, 160, 640)] int size)
    {
        using var detector = new Detector(PathOf("detector"), new DetectorOptions { ImageSize = size });
        var found = detector.Find("a.png", Picture(320, 200)).Objects;
        Assert.That(found.Select(o => o.Category), Is.EquivalentTo(new[] { 0, 1 }));
        foreach (var item in found)
        {
            var expected = item.Category == 0 ? Red : Blue;
            double tolerance = Math.Max(0.01, 320.0 / size);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(item.Box.X, Is.EqualTo(expected.X).Within(tolerance));
                Assert.That(item.Box.Y, Is.EqualTo(expected.Y).Within(tolerance));
                Assert.That(item.Box.Width, Is.EqualTo(expected.Width).Within(2 * tolerance));
                Assert.That(item.Box.Height, Is.EqualTo(expected.Height).Within(2 * tolerance));
                Assert.That(item.Score, Is.EqualTo(0.9).Within(1e-6));
            }
        }
    }

    [Test]
    public void Options_choose_what_is_kept()
    {
        IReadOnlyList<AnnotatedObject> Find(DetectorOptions options)
        {
            using var detector = new Detector(PathOf("detector"), options with { ImageSize = 320 });
            return detector.Find("a.png", Picture(320, 200)).Objects;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Find(new() { Confidence = 0.95 }), Is.Empty);
            Assert.That(Find(new() { Confidence = 0.05 }), Has.Count.EqualTo(4), "the doubtful boxes overlap too little to be dropped");
            Assert.That(Find(new() { Iou = 1 }), Has.Count.EqualTo(4), "nothing overlaps by more than everything");
            Assert.That(Find(new() { Classes = new HashSet<int> { 1 } }).Select(o => o.Category), Is.EqualTo(new[] { 1 }));
            Assert.That(Find(new() { MaxDetections = 1 }), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void Names_and_size_come_from_the_file_where_it_has_them()
    {
        using (var plain = new Detector(PathOf("detector")))
        {
            Assert.That(plain.Categories, Is.EqualTo(new AnnotationCategory[] { new(0, "0"), new(1, "1") }));
        }

        using (var named = new Detector(PathOf("named")))
        {
            Assert.That(named.Categories, Is.EqualTo(new AnnotationCategory[] { new(0, "red thing"), new(1, "blue thing") }));
        }

        using var given = new Detector(PathOf("named"), names: ["r", "b"]);
        Assert.That(given.Categories.Select(c => c.Name), Is.EqualTo(new[] { "r", "b" }));
        Assert.That(
            () => new Detector(PathOf("named"), names: ["r"]), Throws.TypeOf<AnnotationException>().With.Message.Contains("2 classes, but there are names for 1"));
    }

    [Test]
    public void What_is_no_detector_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => new Detector(folder["none.pt"]), Refused("does not exist"));
            Assert.That(() => new Detector(PathOf("classifier")), Refused("returns [1, 3], not [1, 4 + classes, anchors]"));
            Assert.That(() => new Detector(PathOf("nms")), Refused("returns [1, 300, 6], not [1, 4 + classes, anchors]"));
            File.WriteAllText(folder["text.pt"], "text");
            Assert.That(() => new Detector(folder["text.pt"]), Refused("is not a TorchScript file"));
            using (ZipFile.Open(folder["empty.pt"], ZipArchiveMode.Create))
            {
            }

            Assert.That(() => new Detector(folder["empty.pt"]), Refused("is not a TorchScript file"));
            Assert.That(() => new Detector(WithConfig(folder, "{")), Refused("extra/config.txt"));
            Assert.That(() => new Detector(WithConfig(folder, """{"names": {"-1": "a"}}""")), Refused("numbers a class '-1'"));
            Assert.That(() => new Detector(WithConfig(folder, """{"imgsz": 0}""")), Refused("is 0"));
        }
    }

    [Test]
    public void Detecting_leaves_no_tensor_behind()
    {
        using var detector = new Detector(PathOf("detector"), new DetectorOptions { ImageSize = 160 });
        var picture = Picture(320, 200);
        detector.Find("a.png", picture);
        long before = torch.Tensor.TotalCount;
        detector.Find("a.png", picture);
        Assert.That(torch.Tensor.TotalCount, Is.EqualTo(before));
    }

    [TestCase(1280, 720, 640, 0, 140)]
    [TestCase(810, 1080, 640, 80, 0)]
    [TestCase(333, 500, 640, 107, 0)]
    [TestCase(335, 500, 640, 105, 0)]
    [TestCase(20, 10, 640, 0, 160)]
    [TestCase(3000, 1, 320, 0, 159)]
    public void Letterboxes_are_padded_as_Ultralytics_pads_them(int width, int height, int size, int left, int top)
    {
        using var scope = torch.NewDisposeScope();
        var letterbox = new Letterbox(width, height, size);
        Assert.That((letterbox.Left, letterbox.Top), Is.EqualTo((left, top)));
        var input = letterbox.ToInput(new RgbImage(width, height));
        Assert.That(input.shape, Is.EqualTo(new long[] { 1, 3, size, size }));
        Assert.That(input.max().item<float>(), Is.EqualTo(114 / 255f).Within(1e-6));
        Assert.That(input[0, 0, top, left].item<float>(), Is.Zero);
        Assert.That(letterbox.ToPicture(-5, -5, size + 5, size + 5), Is.EqualTo(new AnnotationBox(0, 0, width, height)));
    }

    internal static RgbImage Picture(int width, int height)
    {
        var image = new RgbImage(width, height);
        image.Pixels.AsSpan().Fill(128);
        Fill(image, Red, new Rgb(220, 20, 30));
        Fill(image, Blue, new Rgb(20, 30, 230));
        return image;
    }

    private static void Fill(RgbImage image, AnnotationBox box, Rgb colour)
    {
        for (int y = (int)box.Y; y < box.Y + box.Height; y++)
        {
            for (int x = (int)box.X; x < box.X + box.Width; x++)
            {
                image[x, y] = colour;
            }
        }
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refused(string cause) =>
        Throws.TypeOf<AnnotationException>().With.Message.Contains(cause);

    private static string WithConfig(TemporaryFolder folder, string config)
    {
        File.Copy(PathOf("named"), folder["copy.pt"], overwrite: true);
        using var zip = ZipFile.Open(folder["copy.pt"], ZipArchiveMode.Update);
        zip.GetEntry("named/extra/config.txt")!.Delete();
        using var writer = new StreamWriter(zip.CreateEntry("named/extra/config.txt").Open());
        writer.Write(config);
        return folder["copy.pt"];
    }

    private static string PathOf(string name) =>
        Path.Combine(RepositoryFiles.Root, "tests", "Sam2.Torch.Data.Tests", "Annotation", "Boxes", name + ".pt");
}
