using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class YoloTests
{
    [Test]
    public void Boxes_and_polygons_are_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "0 0.5 0.5 0.25 0.5\n\n  2.0 0.1 0.2 0.1 0.1 0.875\r\n7 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5\n");
        var objects = YoloLabels.Read(folder["a.txt"], width: 40, height: 20);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(objects.Select(o => o.Category), Is.EqualTo(new[] { 0, 2, 7 }));
            Assert.That(objects[0].Box, Is.EqualTo(new AnnotationBox(15, 5, 10, 10)));
            Assert.That(objects[0].Shape, Is.Null);
            Assert.That(objects[1].Score, Is.EqualTo(0.875));
            Assert.That(objects[2].Shape!.ToRle().BoundingBox, Is.EqualTo((4, 2, 8, 8)));
            Assert.That(objects[2].Area, Is.EqualTo(64));
        }
    }

    [Test]
    public void Masks_round_trip_parts_holes_and_all() => MaskGenerators.Check(MaskGenerators.Small, 200, RoundTrips);

    [Test]
    public void Large_masks_round_trip_too() => MaskGenerators.Check(MaskGenerators.Large, 2, RoundTrips);

    [Test]
    public void Boxes_round_trip_and_classes_are_places_among_the_categories()
    {
        using var folder = new TemporaryFolder();
        var box = new AnnotatedObject { Category = 3, Box = new(10, 4, 20, 8) };
        YoloLabels.Write(folder["a.txt"], new AnnotatedImage("a.jpg", 50, 40, [box]), AnnotatedImages.Categories);
        Assert.That(File.ReadAllText(folder["a.txt"]), Is.EqualTo("2 0.4 0.2 0.4 0.2\n"));
        Assert.That(YoloLabels.Read(folder["a.txt"], 50, 40)[0].Box, Is.EqualTo(box.Box));
        Assert.That(
            () => YoloLabels.Write(folder["b.txt"], new AnnotatedImage("b.jpg", 50, 40, [box with { Category = 4 }]), AnnotatedImages.Categories),
            Throws.TypeOf<AnnotationException>().With.Message.Contains("category 4"));
        Assert.That(folder.Files, Is.EqualTo(new[] { "a.txt" }));
    }

    [Test]
    public void Confidence_and_track_are_told_from_coordinates()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "0 0.5 0.5 0.25 0.5 0.875 12\n1 0.5 0.5 0.25 0.5 1\n2 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5 0.75 1\n3 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5\n");
        var objects = YoloLabels.Read(folder["a.txt"], width: 40, height: 20);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(objects.Select(o => o.Category), Is.EqualTo(new[] { 0, 1, 2, 3 }));
            Assert.That(objects.Select(o => o.Shape is null), Is.EqualTo(new[] { true, true, false, false }));
            Assert.That(objects.Take(2).Select(o => o.Box), Is.All.EqualTo(new AnnotationBox(15, 5, 10, 10)));
            Assert.That(objects.Select(o => o.Score), Is.EqualTo(new double?[] { 0.875, null, 0.75, null }));
            Assert.That(objects.Skip(2).Select(o => o.Shape!.ToRle().BoundingBox), Is.All.EqualTo((4, 2, 8, 8)));
        }
    }

    [TestCase("0 0.1 0.1 0.9 0.1 0.5 0.9")]
    [TestCase("0 0.1 0.1 0.9 0.1 0.5 1.0")]
    [TestCase("0 0.9 0.1 0.9 0.9 0.5 1")]
    public void Seven_numbers_that_can_only_be_a_triangle_are_one(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], content);
        Assert.That(YoloLabels.Read(folder["a.txt"], 100, 100).Single().Shape, Is.Not.Null);
    }

    [TestCase("0 0.5 0.5 0.25 0.5 0.875 1", "line 1 has 7 numbers that could be a box with confidence 0.875 and track 1, or a triangle")]
    [TestCase("0 0.5 0.5 x 1", "line 1 has 'x' where a number belongs")]
    [TestCase("0 0.5 0.5 NaN 1", "line 1 has 'NaN'")]
    [TestCase("\n0 0.5 0.5 1", "line 2 has 4 numbers")]
    [TestCase("0 0.5 0.5 1 1 1 1 1", "line 1 has 8 numbers")]
    [TestCase("-1 0.5 0.5 1 1", "line 1 has the class -1")]
    [TestCase("0.5 0.5 0.5 1 1", "line 1 has the class 0.5")]
    [TestCase("0 100 50 30 30", "line 1 has the coordinate 100, but coordinates are relative")]
    public void Damaged_files_are_refused(string content, string cause) => Damage.IsRefused(content, p => YoloLabels.Read(p, 30, 30), cause);

    [Test]
    public void A_polygon_that_is_too_long_to_be_filled_is_refused() => Damage.IsRefused(
        "3" + string.Concat(Enumerable.Repeat(" 0 0 1 1", 6000)), p => YoloLabels.Read(p, 10_000, 10_000), "line 1 can't be filled: The outlines of one mask are");

    [Test]
    public void Damaged_files_never_crash_the_reader()
    {
        using var folder = new TemporaryFolder();
        YoloLabels.Write(folder["a.txt"], AnnotatedImages.Sample(), AnnotatedImages.Categories);
        Damage.NeverCrashes(folder["a.txt"], path => YoloLabels.Read(path, 60, 40));
    }

    [Test]
    public void Names_of_classes_are_found_as_text_list_and_map()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["labels"]);
        Assert.That(YoloClasses.Find(folder["labels"]), Is.Null);
        AnnotationCategory[] expected = [new(0, "cat"), new(1, "a dog")];
        File.WriteAllText(folder["data.yaml"], "path: x\nnested: {deep: [1, {a: b}]}\nnames:\n  0: cat\n  1: a dog\n");
        Assert.That(YoloClasses.Find(folder["labels"]), Is.EqualTo(expected));
        File.WriteAllText(folder["labels/data.yaml"], "names: [cat, 'a dog']\nnc: 2\n");
        Assert.That(YoloClasses.Find(folder["labels"]), Is.EqualTo(expected));
        File.WriteAllText(folder["labels/classes.txt"], "cat\r\na dog\n");
        Assert.That(YoloClasses.Find(folder["labels"]), Is.EqualTo(expected));
    }

    [TestCase("nc: 2")]
    [TestCase("names: {1000000: a}")]
    [TestCase("names: {a: b}")]
    [TestCase("names: [[a]]")]
    [TestCase("[names]")]
    [TestCase("names: [")]
    [TestCase("")]
    public void Names_that_are_none_are_refused(string yaml)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["data.yaml"], yaml);
        Assert.That(() => YoloClasses.Read(folder["data.yaml"]), Throws.TypeOf<AnnotationException>().With.Message.StartsWith(folder["data.yaml"]));
    }

    private static void RoundTrips(BinaryMask mask)
    {
        using var folder = new TemporaryFolder();
        var image = AnnotatedImages.Of("a.jpg", mask, new BinaryMask(mask.Height, mask.Width));
        YoloLabels.Write(folder["a.txt"], image, AnnotatedImages.Categories);
        var back = YoloLabels.Read(folder["a.txt"], mask.Width, mask.Height);
        Assert.That(back, Has.Count.EqualTo(mask.Area > 0 ? 1 : 0), "empty objects have no line");
        Assert.That(back.Select(o => o.Shape!.ToMask()), Is.All.EqualTo(mask));
        Assert.That(back.Select(o => o.Area), Is.All.EqualTo((double)mask.Area));
    }
}
