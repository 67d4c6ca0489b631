using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class LabelMeFileTests
{
    [Test]
    public void Every_shape_with_an_area_is_read_and_groups_are_one_object()
    {
        using var folder = new TemporaryFolder();
        var patch = new BinaryMask(3, 4, [0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0]);
        MaskFile.WritePng(folder["patch.png"], patch);
        string png = Convert.ToBase64String(File.ReadAllBytes(folder["patch.png"]));
        File.WriteAllText(folder["a.json"], $$$"""
            {"version": "5.4.1", "flags": {}, "imageData": "{{{new string('A', 400)}}}", "imagePath": "..\\img\\a.jpg", "imageHeight": 30, "imageWidth": 40, "shapes": [
              {"label": "cat", "points": [[1, 1], [5, 1], [5, 3], [1, 3]], "group_id": 4, "shape_type": "polygon", "flags": {}},
              {"label": "dog", "points": [[30, 20], [38, 10]], "group_id": null, "shape_type": "rectangle"},
              {"label": "cat", "points": [[20, 1], [21, 1], [21, 2], [20, 2]], "group_id": 4},
              {"label": "cat", "points": [[0, 0], [9, 9]], "shape_type": "line"},
              {"points": [[3, 4]], "shape_type": "point"},
              {"label": "ball", "points": [[15, 15], [15, 20]], "shape_type": "circle"},
              {"label": "patch", "points": [[7, 6], [10, 8]], "shape_type": "mask", "mask": "{{{png}}}"}
            ]}
            """);
        var categories = new List<AnnotationCategory> { new(5, "dog") };
        var image = LabelMeFile.Read(folder["a.json"], categories);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((image.FileName, image.Width, image.Height), Is.EqualTo(("..\\img\\a.jpg", 40, 30)));
            Assert.That(categories, Is.EqualTo(new AnnotationCategory[] { new(5, "dog"), new(6, "cat"), new(7, "ball"), new(8, "patch") }));
            Assert.That(image.LeftOut, Is.EqualTo(new[] { "shapes[3], a line labelled 'cat'", "shapes[4], a point" }));
            Assert.That(image.Objects.Select(o => o.Category), Is.EqualTo(new[] { 6, 5, 7, 8 }));
            Assert.That(image.Objects.Select(o => o.Area).Take(2), Is.EqualTo(new[] { 9.0, 80.0 }));
            Assert.That(image.Objects[2].Area, Is.EqualTo(Math.PI * 25).Within(3));
            Assert.That(image.Objects[3].Area, Is.EqualTo((double)patch.Area));
            Assert.That(image.Objects[3].Box, Is.EqualTo(new AnnotationBox(7, 6, 4, 3)));
        }
    }

    [TestCase("rectangle", "[30, 20], [38, 20], [38, 10], [30, 10]", 80)]
    [TestCase("rectangle", "[30, 20], [38, 10], [38, 20], [30, 10]", 80, Description = "in any order")]
    [TestCase("rectangle", "[38, 10], [30, 20]", 80)]
    [TestCase("rectangle", "[20, 5], [30, 15], [20, 25], [10, 15]", 200, Description = "rotated, whatever it is called")]
    [TestCase("rotation", "[20, 5], [30, 15], [20, 25], [10, 15]", 200)]
    public void Rectangles_are_read_by_two_or_four_corners(string kind, string points, double area)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], $$"""
            {"imagePath": "a.jpg", "imageHeight": 30, "imageWidth": 40, "shapes": [{"label": "cat", "points": [{{points}}], "shape_type": "{{kind}}"}]}
            """);
        var image = LabelMeFile.Read(folder["a.json"], []);
        Assert.That(image.Objects.Single().Area, Is.EqualTo(area).Within(kind == "rectangle" && area == 80 ? 0 : 20));
        Assert.That(image.LeftOut, Is.Empty);
    }

    [Test]
    public void Masks_round_trip_parts_holes_and_all() => MaskGenerators.Check(MaskGenerators.Small, 60, RoundTrips);

    [Test]
    public void Shapes_of_one_object_are_of_one_group_on_every_frame_of_a_video()
    {
        using var folder = new TemporaryFolder();
        var image = AnnotatedImages.Sample();
        LabelMeFile.Write(folder["a.json"], image with { Objects = [.. image.Objects.Select((o, i) => o with { Track = 7 - i })] }, AnnotatedImages.Categories);
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(folder["a.json"]));
        Assert.That(json.RootElement.GetProperty("shapes").EnumerateArray().Select(s => s.GetProperty("group_id").GetInt32()), Is.EqualTo(new[] { 7, 6, 6 }));
        Assert.That(LabelMeFile.Read(folder["a.json"], []).Masks(), Is.EqualTo(image.Masks()));
    }

    [Test]
    public void Large_masks_round_trip_too() => MaskGenerators.Check(MaskGenerators.Large, 2, RoundTrips);

    private static void RoundTrips(BinaryMask mask)
    {
        using var folder = new TemporaryFolder();
        var other = mask.Clone();
        other.Data.AsSpan().Reverse();
        var image = AnnotatedImages.Of("a.jpg", mask, other);
        LabelMeFile.Write(folder["a.json"], image, AnnotatedImages.Categories);
        var categories = AnnotatedImages.Categories.ToList();
        var back = LabelMeFile.Read(folder["a.json"], categories);
        Assert.That(categories, Is.EqualTo(AnnotatedImages.Categories));
        Assert.That(back.Masks(), Is.EqualTo(image.Masks().Where(m => m.Area > 0)));
        Assert.That(back.Objects.Select(o => o.Category), Is.EqualTo(image.Objects.Where(o => o.Area > 0).Select(o => o.Category)));
    }

    [TestCase("{}", "has no \"imageHeight\"")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\"}", "has no \"shapes\"")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{}]}", "shapes[0] has no \"points\"")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{\"points\": [[1, 2, 3]]}]}", "shapes[0].points[0] is not a point")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{\"points\": [[1, 2]]}]}", "shapes[0] can't be filled")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{\"shape_type\": \"circle\", \"points\": [[1, 2]]}]}", "takes two")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{\"shape_type\": \"rectangle\", \"points\": [[1, 2], [3, 4], [3, 2]]}]}", "takes two or four")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{\"shape_type\": \"rotation\", \"points\": [[1, 2], [3, 4]]}]}", "takes four")]
    [TestCase("{\"imageHeight\": 5, \"imageWidth\": 5, \"imagePath\": \"a\", \"shapes\": [{\"shape_type\": \"mask\", \"points\": [[1, 2], [1, 2]], \"mask\": \"AAAA\"}]}", "shapes[0].mask is")]
    public void Damaged_files_are_refused(string content, string cause) => Damage.IsRefused(content, p => LabelMeFile.Read(p, []), cause);

    [Test]
    public void Damaged_files_never_crash_the_reader()
    {
        using var folder = new TemporaryFolder();
        LabelMeFile.Write(folder["a.json"], AnnotatedImages.Sample(), AnnotatedImages.Categories);
        Damage.NeverCrashes(folder["a.json"], path => LabelMeFile.Read(path, []));
    }
}
