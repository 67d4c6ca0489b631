using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests;

/// <summary>Data sets of pictures: SA-1B, COCO, and folders of pictures and masks.</summary>
public class PictureDatasetTests : FolderTests
{
    [Test]
    public void Sa1b_is_read_from_folders_of_parts()
    {
        WriteSa1b("part0/sa_17", 1);
        WriteSa1b("part1/sa_5", 6);

        var pictures = DatasetReader.Open(Folder.Path);

        Assert.That(pictures.Select(p => p.Name), Is.EqualTo(new[] { "sa_17", "sa_5" }));
        var picture = pictures[1];
        Assert.That((picture.FrameCount, picture.FrameName(0), picture.IsAnnotated(0), picture.ObjectsOverlap), Is.EqualTo((1, "sa_5", true, true)));
        Assert.That(DrawnVideoFiles.Number(picture.ReadFrame(0)), Is.EqualTo(6));
        Assert.That(picture.ReadMasks(0).Keys, Is.EquivalentTo(new[] { 1, 2 }));
        Assert.That(picture.ReadMasks(0)[2].Equals(DrawnVideoFiles.Mask(6, 2)));
        Assert.That(picture.ReadMasks(0, [1]).Keys, Is.EqualTo(new[] { 1 }));
        Assert.That(picture.VisibleObjects(0), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(() => picture.ReadMasks(1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(DatasetReader.Open(Folder.Path, options: new DatasetOptions { Videos = ["sa_5"] }).Single().Name, Is.EqualTo("sa_5"));
    }

    [Test]
    public void Sa1bs_unstable_and_very_large_masks_can_be_left_out()
    {
        WriteSa1b("sa_5", 6, stability: [0.9, 0.5]);
        IReadOnlyList<int> Objects(DatasetOptions options) => DatasetReader.Open(Folder.Path, DatasetFormats.Sa1b, options).Single().VisibleObjects(0);
        Assert.That(Objects(new DatasetOptions { MinStability = 0.8 }), Is.EqualTo(new[] { 1 }));
        Refusals.AreNamed(() => Objects(new DatasetOptions { MaxMaskArea = 0.01 }), "sa_5.json", "no object");
        Assert.That(() => Objects(new DatasetOptions { MaxMaskArea = 2 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Coco_instances_are_read_without_crowds_boxes_and_pictures_that_have_nothing_else()
    {
        WriteCoco("annotations/instances_val2017.json");
        WriteCoco("annotations/instances_train2017.json");
        foreach (string name in new[] { "a", "b", "c" })
        {
            WritePicture($"val2017/{name}.jpg", 6);
        }

        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path), "instances_train2017.json", "instances_val2017.json");
        var picture = DatasetReader.Open(Folder.Path, options: new DatasetOptions { Split = "val" }).Single();

        Assert.That(picture.Name, Is.EqualTo("a"));
        Assert.That(DrawnVideoFiles.Number(picture.ReadFrame(0)), Is.EqualTo(6));
        Assert.That(picture.VisibleObjects(0), Is.EqualTo(new[] { 1, 4 }));
        Assert.That(picture.ReadMasks(0)[1].Equals(DrawnVideoFiles.Mask(6, 1)));
        Assert.That(picture.ReadMasks(0)[4].BoundingBox, Is.EqualTo((2, 3, 6, 4)));
        Assert.That(DatasetReader.Open(Folder.Path, options: new DatasetOptions { Annotations = "annotations/instances_val2017.json" }), Has.Count.EqualTo(1));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, options: new DatasetOptions { Split = "train" }), "a.jpg", "train2017");
    }

    [Test]
    public void Coco_pictures_that_differ_in_their_ending_only_are_all_there_and_a_file_of_crowds_is_refused_as_such()
    {
        const string Start = """
            {"images": [{"id": 1, "file_name": "a.jpg", "width": 40, "height": 24}, {"id": 2, "file_name": "a.png", "width": 40, "height": 24}, {"id": 3, "file_name": "b.jpg", "width": 40, "height": 24}],
             "categories": [{"id": 1, "name": "ape"}], "annotations": [
            """;
        string Mask(int id, int image, int crowd) =>
            $$"""{"id": {{id}}, "image_id": {{image}}, "category_id": 1, "segmentation": [[2, 3, 8, 3, 8, 7, 2, 7]], "bbox": [2, 3, 6, 4], "area": 0, "iscrowd": {{crowd}}}""";
        foreach (string name in new[] { "a.jpg", "a.png", "b.jpg" })
        {
            WritePicture($"images/{name}", 6);
        }

        WriteList("coco.json", $"{Start}{Mask(1, 1, 0)}, {Mask(2, 2, 0)}, {Mask(3, 3, 0)}]}}");
        var pictures = DatasetReader.Open(Folder.Path, options: new DatasetOptions { Annotations = "coco.json" });
        Assert.That(pictures.Select(p => p.Name), Is.EquivalentTo(new[] { "a.jpg", "a.png", "b" }));
        Assert.That(pictures.Select(p => p.ReadMasks(0)[1].Area), Is.All.EqualTo(24), "an area of 0 says nothing");

        WriteList("coco.json", $"{Start}{Mask(1, 1, 1)}, {Mask(2, 2, 1)}]}}");
        Refusals.AreNamed(
            () => DatasetReader.Open(Folder.Path, options: new DatasetOptions { Annotations = "coco.json" }), "coco.json", "of 2 annotations 2 are crowds");
    }

    [Test]
    public void Pictures_and_masks_of_the_same_names_are_read_in_every_way_of_writing_masks()
    {
        foreach (string name in new[] { "palette", "white", "colour", "border", "folder" })
        {
            WritePicture($"images/{name}.jpg", 6);
        }

        Directory.CreateDirectory(Folder["masks/folder"]);
        var (first, second) = (DrawnVideoFiles.Mask(6, 1), DrawnVideoFiles.Mask(6, 2));
        var both = IndexedMasks.Combine(new Dictionary<int, BinaryMask> { [1] = first, [2] = second }, DrawnVideoFiles.Height, DrawnVideoFiles.Width);
        both.Write(Folder["masks/palette.png"]);
        MaskFile.WritePng(Folder["masks/white.png"], first);
        var colours = new RgbImage(DrawnVideoFiles.Width, DrawnVideoFiles.Height, [.. first.Data.SelectMany(v => new byte[] { 0, (byte)(255 * v), 0 })]);
        ImageFile.Write(Folder["masks/colour.png"], colours);
        new IndexedImage(both.Width, both.Height, [.. both.Indices.Select((v, i) => i < 10 ? (byte)255 : v)], both.Palette).Write(Folder["masks/border.png"]);
        MaskFile.WritePng(Folder["masks/folder/000.png"], first);
        MaskFile.WritePng(Folder["masks/folder/001.png"], second);

        var pictures = DatasetReader.Open(Folder.Path).ToDictionary(p => p.Name);

        Assert.That(pictures.Keys, Is.EqualTo(new[] { "border", "colour", "folder", "palette", "white" }));
        foreach (var (name, objects) in new[] { ("palette", 2), ("white", 1), ("colour", 1), ("border", 2), ("folder", 2) })
        {
            var masks = pictures[name].ReadMasks(0);
            Assert.That(masks.Keys, Is.EquivalentTo(Enumerable.Range(1, objects)), name);
            Assert.That(masks[1].Equals(first), name);
            Assert.That(pictures[name].ObjectsOverlap, Is.EqualTo(name == "folder"));
        }
    }

    [Test]
    public void Damage_to_pictures_and_masks_is_named_with_its_file()
    {
        WritePicture("images/a.jpg", 6);
        WritePicture("images/b.jpg", 6);
        Directory.CreateDirectory(Folder["masks"]);
        MaskFile.WritePng(Folder["masks/a.png"], DrawnVideoFiles.Mask(6, 1));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path), Folder["images/b.jpg"], Folder["masks/b.png"]);
        Assert.That(DatasetReader.Open(Folder.Path, options: new DatasetOptions { Videos = ["a"] }), Has.Count.EqualTo(1));

        MaskFile.WritePng(Folder["masks/b.png"], new BinaryMask(DrawnVideoFiles.Height, DrawnVideoFiles.Width));
        Refused(Folder["masks/b.png"], "no object");
        MaskFile.WritePng(Folder["masks/b.png"], new BinaryMask(4, 5, [.. Enumerable.Repeat((byte)1, 20)]));
        Refused(Folder["masks/b.png"], "5×4", "40×24", Folder["images/b.jpg"]);
        File.WriteAllBytes(Folder["masks/b.png"], []);
        Refused(Folder["masks/b.png"], "can't be read");
        MaskFile.WritePng(Folder["masks/c.png"], DrawnVideoFiles.Mask(6, 1));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path), Folder["masks/c.png"], "no picture");
    }

    [Test]
    public void Damage_to_sa1b_and_coco_is_named_with_its_file()
    {
        WriteSa1b("sa_5", 6);
        File.Delete(Folder["sa_5.jpg"]);
        Refused(Folder["sa_5.jpg"], Folder["sa_5.json"]);
        ImageFile.Write(Folder["sa_5.jpg"], new RgbImage(8, 8));
        Refused(Folder["sa_5.json"], "8×8", "40×24");
        File.WriteAllText(Folder["sa_5.json"], "{}");
        Refused(Folder["sa_5.json"], "image");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, DatasetFormats.Coco), Folder.Path, "annotation file");
        WriteList("instances_x.json", """{"images": [], "annotations": []}""");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, DatasetFormats.Coco), "instances_x.json", "no picture");
        WriteList("instances_x.json", """{"images": [""");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, DatasetFormats.Coco), "instances_x.json", "JSON");
    }

    private void Refused(params string[] parts) => Refusals.AreNamed(() => DatasetReader.Open(Folder.Path).Last().ReadMasks(0), parts);

    private void WritePicture(string name, int number)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder[name])!);
        ImageFile.Write(Folder[name], DrawnVideoFiles.Frame(number));
    }

    private void WriteSa1b(string name, int number, double[]? stability = null)
    {
        WritePicture(name + ".jpg", number);
        var objects = new[] { 1, 2 }.Select(id => AnnotatedObject.FromMask(CocoRle.Encode(DrawnVideoFiles.Mask(number, id)), 0) with { StabilityScore = stability?[id - 1] }).ToList();
        Sa1bFile.Write(Folder[name + ".json"], new AnnotatedImage(Path.GetFileName(name) + ".jpg", DrawnVideoFiles.Width, DrawnVideoFiles.Height, objects));
    }

    private void WriteCoco(string name)
    {
        var disc = CocoRle.Encode(DrawnVideoFiles.Mask(6, 1));
        string rle = $$"""{"size": [24, 40], "counts": [{{string.Join(", ", disc.ToCounts())}}]}""";
        WriteList(name, $$"""
            {"images": [{"id": 1, "file_name": "a.jpg", "width": 40, "height": 24}, {"id": 2, "file_name": "b.jpg", "width": 40, "height": 24}, {"id": 3, "file_name": "c.jpg", "width": 40, "height": 24}],
             "categories": [{"id": 1, "name": "ape"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": {{rle}}, "bbox": [11, 7, 9, 9], "area": {{disc.Area}}},
                             {"id": 2, "image_id": 1, "category_id": 1, "segmentation": {{rle}}, "bbox": [11, 7, 9, 9], "area": {{disc.Area}}, "iscrowd": 1},
                             {"id": 3, "image_id": 1, "category_id": 1, "bbox": [11, 7, 9, 9]},
                             {"id": 4, "image_id": 1, "category_id": 1, "segmentation": [[2, 3, 8, 3, 8, 7, 2, 7]], "bbox": [2, 3, 6, 4], "area": 24},
                             {"id": 5, "image_id": 2, "category_id": 1, "segmentation": {{rle}}, "bbox": [11, 7, 9, 9], "area": {{disc.Area}}, "iscrowd": 1}]}
            """);
    }

    private void WriteList(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder[name])!);
        File.WriteAllText(Folder[name], content);
    }
}
