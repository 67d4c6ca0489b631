using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class CocoTests
{
    [Test]
    public void Every_kind_of_annotation_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], """
            {
              "info": {"year": 2017, "nested": [[{}]]},
              "annotations": [
                {"id": 10, "image_id": 5, "category_id": 18, "iscrowd": 0, "area": 12.0, "bbox": [2, 1, 4, 3], "segmentation": [[2, 1, 6, 1, 6, 4, 2, 4]]},
                {"id": 11, "image_id": 5, "category_id": 1, "iscrowd": 1, "area": 6, "bbox": [0, 0, 1, 6], "segmentation": {"size": [10, 20], "counts": [0, 6, 194]}},
                {"id": 12, "image_id": 6, "category_id": 18, "bbox": [1.5, 2.5, 3, 4], "segmentation": [], "score": 0.75},
                {"id": 13, "image_id": 6, "category_id": 18, "segmentation": [[1, 1, 2, 2], [0, 0, 3, 0, 3, 2, 0, 2]]},
                {"id": 14, "image_id": 99, "category_id": 18, "bbox": [0, 0, 1, 1]}
              ],
              "images": [
                {"id": 5, "file_name": "five.jpg", "width": 20, "height": 10, "license": 3},
                {"id": 6, "file_name": "six.jpg", "width": 8.0, "height": 9}
              ],
              "categories": [{"id": 18, "name": "dog", "supercategory": "animal"}, {"id": 1, "name": "person"}]
            }
            """);
        var data = CocoReader.Read(folder["a.json"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(data.Categories, Is.EqualTo(new AnnotationCategory[] { new(18, "dog"), new(1, "person") }));
            Assert.That(data.Images.Select(i => (i.Id, i.FileName, i.Width, i.Height)), Is.EqualTo(new[] { ((long?)5, "five.jpg", 20, 10), (6, "six.jpg", 8, 9) }));
            Assert.That(data.Orphans, Is.EqualTo(1));
        }

        var (polygon, crowd) = (data.Images[0].Objects[0], data.Images[0].Objects[1]);
        var (box, computed) = (data.Images[1].Objects[0], data.Images[1].Objects[1]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(polygon.Shape!.ToRle().Area, Is.EqualTo(12));
            Assert.That(polygon.Shape.ToRle().BoundingBox, Is.EqualTo((2, 1, 4, 3)));
            Assert.That((polygon.Id, polygon.Category, polygon.IsCrowd, polygon.Area), Is.EqualTo(((long?)10, 18, false, 12.0)));
            Assert.That(crowd.IsCrowd);
            Assert.That(crowd.Shape!.ToRle().BoundingBox, Is.EqualTo((0, 0, 1, 6)));
            Assert.That(box.Shape, Is.Null);
            Assert.That((box.Box, box.Area, box.Score), Is.EqualTo((new AnnotationBox(1.5, 2.5, 3, 4), 12.0, (double?)0.75)));
            Assert.That((computed.Box, computed.Area), Is.EqualTo((new AnnotationBox(0, 0, 3, 2), 6.0)), "two vertices enclose nothing; box and area follow the rest");
        }
    }

    [Test]
    public void Zeros_for_area_and_box_are_replaced_by_what_the_pixels_say()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], """
            {"images": [{"id": 1, "file_name": "a.jpg", "width": 20, "height": 10}], "categories": [{"id": 1, "name": "cat"}], "annotations": [
               {"image_id": 1, "category_id": 1, "area": 0, "bbox": [0, 0, 0, 0], "segmentation": [[2, 1, 6, 1, 6, 4, 2, 4]]},
               {"image_id": 1, "category_id": 1, "area": -1, "segmentation": [[2, 1, 6, 1, 6, 4, 2, 4]]},
               {"image_id": 1, "category_id": 1, "area": 0, "bbox": [1, 2, 3, 4]},
               {"image_id": 1, "category_id": 1, "area": 11.5, "bbox": [2, 1, 4, 3], "segmentation": [[2, 1, 6, 1, 6, 4, 2, 4]]},
               {"image_id": 1, "category_id": 1, "area": 0, "segmentation": {"size": [10, 20], "counts": [200]}}]}
            """);
        var objects = CocoReader.Read(folder["a.json"]).Images.Single().Objects;
        Assert.That(objects.Select(o => o.Area), Is.EqualTo(new[] { 12.0, 12, 12, 11.5, 0 }));
        Assert.That(objects.Take(2).Select(o => o.Box), Is.All.EqualTo(new AnnotationBox(2, 1, 4, 3)));
    }

    [Test]
    public void A_picture_under_two_ids_has_the_objects_of_both()
    {
        using var folder = new TemporaryFolder();
        const string Start = """
            {"categories": [{"id": 1, "name": "cat"}], "annotations": [
               {"id": 1, "image_id": 5, "category_id": 1, "bbox": [1, 1, 2, 2]}, {"id": 2, "image_id": 9, "category_id": 1, "bbox": [3, 3, 2, 2]}],
             "images": [{"id": 5, "file_name": "a.jpg", "width": 20, "height": 10}, {"id": 9, "file_name": "a.jpg", "width": 20, "height":
            """;
        File.WriteAllText(folder["a.json"], Start + " 10}]}");
        var image = CocoReader.Read(folder["a.json"]).Images.Single();
        Assert.That((image.Id, image.FileName), Is.EqualTo(((long?)5, "a.jpg")));
        Assert.That(image.Objects.Select(o => o.Id), Is.EqualTo(new long?[] { 1, 2 }));
        Damage.IsRefused(Start + " 11}]}", p => CocoReader.Read(p), "images[1] is a.jpg with 20×11 pixels, which an earlier one lists with 20×10");
    }

    [Test]
    public void Masks_round_trip_in_every_segmentation([Values] CocoSegmentation segmentation) =>
        MaskGenerators.Check(MaskGenerators.Small, 40, mask => RoundTrips(mask, segmentation));

    [Test]
    public void Large_masks_round_trip_too([Values] CocoSegmentation segmentation) =>
        MaskGenerators.Check(MaskGenerators.Large, 2, mask => RoundTrips(mask, segmentation));

    private static void RoundTrips(BinaryMask mask, CocoSegmentation segmentation)
    {
        using var folder = new TemporaryFolder();
        var image = AnnotatedImages.Of("some picture.png", mask, mask.Area > 0 ? mask : new BinaryMask(mask.Height, mask.Width));
        using (var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories, segmentation))
        {
            writer.Write(image);
            writer.Complete();
        }

        var data = CocoReader.Read(folder["a.json"]);
        Assert.That(folder.Files, Is.EqualTo(new[] { "a.json" }));
        Assert.That(data.Categories, Is.EqualTo(AnnotatedImages.Categories));
        if (mask.Area > 0 || segmentation != CocoSegmentation.Polygons)
        {
            Assert.That(data.Images[0].Masks(), Is.EqualTo(image.Masks()));
        }

        Assert.That(
            data.Images[0].Objects.Select(o => (o.Box, o.Area, o.Category, o.Score)), Is.EqualTo(image.Objects.Select(o => (o.Box, o.Area, o.Category, o.Score))));
    }

    [Test]
    public void Objects_of_a_video_keep_their_numbers_also_in_a_file_that_is_continued()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "00000.png", "00001.png" })
        {
            var image = AnnotatedImages.Sample(name);
            using var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories);
            writer.Write(image with { Objects = [.. image.Objects.Select((o, i) => o with { Track = 7 - i })] });
            writer.Complete();
        }

        Assert.That(CocoReader.Read(folder["a.json"]).Images.Select(i => i.Objects.Select(o => o.Track)), Is.All.EqualTo(new long?[] { 7, 6 }));
    }

    [Test]
    public void An_interrupted_file_is_continued_and_comes_out_as_if_it_had_not_been()
    {
        using var folder = new TemporaryFolder();
        var images = Enumerable.Range(0, 4).Select(i => AnnotatedImages.Sample($"{i}.jpg", 40 + i)).ToArray();
        using (var writer = new CocoWriter(folder["whole.json"], AnnotatedImages.Categories))
        {
            Array.ForEach(images, writer.Write);
            writer.Complete();
        }

        using (var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories))
        {
            writer.Write(images[2]);
            writer.Write(images[0]);
        }

        Assert.That(File.Exists(folder["a.json"]), Is.False, "a file that is not complete does not appear");

        // The process dies while it writes a line.
        File.AppendAllText(folder["a.json.journal"], """{"file_name":"3.jpg","width":60,"hei""");
        using (var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories))
        {
            Assert.That(images.Select(i => writer.Contains(i.FileName)), Is.EqualTo(new[] { true, false, true, false }));
            writer.Write(images[1]);
            writer.Write(images[3]);
            writer.Complete();
        }

        Assert.That(File.ReadAllText(folder["a.json"]), Is.EqualTo(File.ReadAllText(folder["whole.json"])));
        Assert.That(folder.Files, Is.EqualTo(new[] { "a.json", "whole.json" }));
    }

    [Test]
    public void A_complete_file_is_continued_too_and_pictures_are_replaced()
    {
        using var folder = new TemporaryFolder();
        foreach (string[] names in new[] { new[] { "a.jpg", "b.jpg" }, ["b.jpg", "c.jpg"] })
        {
            using var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories);
            foreach (string name in names)
            {
                writer.Write(AnnotatedImages.Sample(name));
            }

            writer.Complete();
        }

        // One that is opened and given up, or that can't be read, stays as it is.
        new CocoWriter(folder["a.json"], AnnotatedImages.Categories).Dispose();
        File.WriteAllText(folder["bad.json"], "{");
        Assert.That(() => new CocoWriter(folder["bad.json"], AnnotatedImages.Categories), Throws.TypeOf<AnnotationException>());
        Assert.That(folder.Files, Is.EqualTo(new[] { "a.json", "a.json.journal", "bad.json" }));

        var data = CocoReader.Read(folder["a.json"]);
        Assert.That(data.Images.Select(i => i.FileName), Is.EqualTo(new[] { "a.jpg", "b.jpg", "c.jpg" }));
        Assert.That(data.Images.Select(i => i.Objects.Count), Is.All.EqualTo(2));
        using var json = JsonDocument.Parse(File.ReadAllText(folder["a.json"]));
        Assert.That(json.RootElement.GetProperty("annotations").EnumerateArray().Select(a => a.GetProperty("id").GetInt32()), Is.EqualTo(Enumerable.Range(1, 6)));
    }

    [TestCase("", "not valid JSON (line 1")]
    [TestCase("[]", "does not hold a JSON object")]
    [TestCase("{}", "has no \"images\"")]
    [TestCase("{\"images\": {}}", "\"images\" is not a list")]
    [TestCase("{\"images\": [7]}", "images[0] is not a JSON object")]
    [TestCase("{\"images\": [{\"id\": 1, \"file_name\": \"a\", \"width\": 9}]}", "images[0] has no \"height\"")]
    [TestCase("{\"images\": [{\"id\": 1, \"file_name\": \"a\", \"width\": 0, \"height\": 5}]}", "images[0].width is 0")]
    [TestCase("{\"images\": [{\"id\": 1, \"file_name\": \"a\", \"width\": 100000, \"height\": 100000}]}", "limit of 200 megapixels")]
    [TestCase("{\"images\": [], \"categories\": [{\"id\": 1.5, \"name\": \"\"}]}", "categories[0].id is not a whole number: 1.5")]
    [TestCase("{\"images\": []} x", "not valid JSON")]
    [TestCase("{\"images\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "not valid JSON")]
    public void Files_that_are_none_are_refused(string content, string cause) => Damage.IsRefused(content, p => CocoReader.Read(p), cause);

    [TestCase("", "neither \"segmentation\" nor \"bbox\"")]
    [TestCase("\"bbox\": [1, 2, 3]", "annotations[0].bbox is not a box")]
    [TestCase("\"bbox\": [1, 2, 3, -1]", "annotations[0].bbox is not a box")]
    [TestCase("\"bbox\": [1, 2, 3, 1e999]", "not a finite number")]
    [TestCase("\"segmentation\": {\"size\": [5, 9], \"counts\": [45]}", "is a mask of 9×5 pixels on a picture of 9×9")]
    [TestCase("\"segmentation\": {\"size\": [9, 9], \"counts\": [40, 40]}", "counts is damaged: The runs add up to 80 pixels")]
    [TestCase("\"segmentation\": {\"size\": [9, 9], \"counts\": [-1, 82]}", "counts[0] is -1")]
    [TestCase("\"segmentation\": {\"size\": [9, 9], \"counts\": \"zzz\"}", "counts is damaged")]
    [TestCase("\"segmentation\": [[1, 1, 2, 2, 3, 3, 4]]", "is not a polygon")]
    [TestCase("\"segmentation\": [[1, 1, 2, 2, 3, 1e9]]", "is not a polygon: A vertex lies further than 36 pixels")]
    [TestCase("\"segmentation\": \"runs\"", "segmentation is not a list")]
    public void Annotations_that_are_none_are_refused(string members, string cause) => Damage.IsRefused(
        $$"""{"images": [{"id": 1, "file_name": "a", "width": 9, "height": 9}], "annotations": [{"image_id": 1, "id": 3{{(members == "" ? "" : ", ")}}{{members}}}]}""",
        p => CocoReader.Read(p),
        cause);

    [Test]
    public void A_polygon_that_crosses_a_large_picture_too_often_is_refused_before_it_fills_the_memory()
    {
        var zigzag = new double[40_000];
        for (int i = 0; i < zigzag.Length; i += 2)
        {
            (zigzag[i], zigzag[i + 1]) = (i % 4 == 0 ? 0 : 10_000, i / 4);
        }

        Assert.That(() => ObjectShape.FromPolygons([zigzag], 10_000, 10_000), Throws.ArgumentException.With.Message.Contains("pixels long"));
    }

    [Test]
    public void Missing_and_oversized_files_are_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => CocoReader.Read(folder["none.json"]), Throws.TypeOf<AnnotationException>().With.Message.EqualTo($"{folder["none.json"]}: does not exist."));
        Assert.That(() => CocoReader.Read(folder.Path), Throws.TypeOf<AnnotationException>().With.Message.Contains("is a folder"));
        File.WriteAllText(folder["big.json"], new string(' ', 1000));
        Assert.That(
            () => CocoReader.Read(folder["big.json"], new AnnotationLimits { MaxFileBytes = 999 }),
            Throws.TypeOf<AnnotationException>().With.Message.Contains("1,000 bytes"));
    }

    [Test]
    public void Damaged_files_never_crash_the_reader()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories))
        {
            writer.Write(AnnotatedImages.Sample());
            writer.Complete();
        }

        Damage.NeverCrashes(folder["a.json"], path => CocoReader.Read(path).Images.SelectMany(i => i.Objects).ToList().ForEach(o => o.Shape?.ToRle()));
    }
}
