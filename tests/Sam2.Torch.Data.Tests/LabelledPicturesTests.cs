using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests;

/// <summary>Data sets with a label file per picture: YOLO's and LabelMe's.</summary>
public sealed class LabelledPicturesTests : FolderTests
{
    [TestCase("yolo", "images/train/1.png", "labels/train/1.txt", "train/1")]
    [TestCase("yolo", "train/images/1.png", "train/labels/1.txt", "train/1")]
    [TestCase("yolo", "images/1.png", "labels/1.txt", "1")]
    [TestCase("yolo", "1.png", "1.txt", "1")]
    [TestCase("labelme", "1.png", "1.json", "1")]
    [TestCase("labelme", "some/1.png", "some/1.json", "some/1")]
    public void Pictures_with_labels_are_found_and_their_masks_are_those_that_were_written(string format, string picture, string label, string name)
    {
        var masks = Write(format, picture, label, 1);
        foreach (var asked in new[] { format, null })
        {
            var found = DatasetReader.Open(Folder.Path, asked).Single();
            Assert.That((found.Name, found.FrameCount, found.ObjectsOverlap), Is.EqualTo((name, 1, true)));
            Assert.That(found.VisibleObjects(0), Is.EqualTo(masks.Keys.Order()));
            foreach (var (id, mask) in found.ReadMasks(0)) Assert.That(mask.Equals(masks[id]), $"object {id}");
            Assert.That(found.ReadFrame(0).Pixels, Is.EqualTo(CellPictures.Draw(1, 64, 48).Image.Pixels));
        }
    }

    [Test]
    public void A_part_is_a_folder_and_pictures_without_labels_are_left_out()
    {
        foreach (var (part, number) in new[] { ("train", 1), ("train", 10), ("train", 2), ("val", 3) }) Write("yolo", $"images/{part}/{number}.png", $"labels/{part}/{number}.txt", number);
        ImageFile.Write(Folder.At("images", "train", "4.png"), CellPictures.Draw(4, 64, 48).Image);
        Assert.That(DatasetReader.Open(Folder.Path).Select(v => v.Name), Is.EqualTo(new[] { "train/1", "train/2", "train/10", "val/3" }));
        Assert.That(DatasetReader.Open(Folder.Path, "yolo", new() { Split = "val" }).Single().Name, Is.EqualTo("val/3"));
        Assert.That(DatasetReader.Open(Folder.Path, options: new() { Videos = ["train/2"] }).Single().Name, Is.EqualTo("train/2"));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, "yolo", new() { Split = "test" }), Folder.Path, "a part test");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, "labelme"), "NAME.json");
    }

    [Test]
    public void Boxes_and_damaged_labels_are_named_with_their_file()
    {
        Write("yolo", "images/1.png", "labels/1.txt", 1);
        File.WriteAllText(Folder.At("labels", "1.txt"), "0 0.5 0.5 0.2 0.2\n");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path).Single().VisibleObjects(0), "1.txt", "no object");
        File.WriteAllText(Folder.At("labels", "1.txt"), "0 0.5 zero\n");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path).Single().VisibleObjects(0), "1.txt", "'zero'");

        Write("labelme", "2.png", "2.json", 2);
        File.WriteAllText(Folder["2.json"], "{}");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, "labelme").Single().VisibleObjects(0), "2.json");
        Write("labelme", "2.jpg", "2.json", 2);
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, "labelme"), "several pictures", "2.json");
    }

    [Test]
    public void A_folder_with_no_labels_is_no_such_data_set()
    {
        ImageFile.Write(Folder["1.png"], CellPictures.Draw(1, 64, 48).Image);
        File.WriteAllText(Folder["1.json"], """{"version": 3}""");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path), "looks like no known data set", "labels/a.txt");
    }

    /// <summary>Writes a picture of cells and its labels.</summary>
    /// <returns>The masks as the label file holds them.</returns>
    private Dictionary<int, BinaryMask> Write(string format, string picture, string label, int seed)
    {
        var (image, masks) = CellPictures.Draw((ulong)seed, 64, 48);
        foreach (var path in new[] { picture, label }) Directory.CreateDirectory(Path.GetDirectoryName(Folder[path])!);
        ImageFile.Write(Folder[picture], image);
        var annotated = new AnnotatedImage(
            Path.GetFileName(picture), image.Width, image.Height, [.. masks.OrderBy(m => m.Key).Select(m => AnnotatedObject.FromMask(CocoRle.Encode(m.Value), 1))]);
        if (format == "yolo") YoloLabels.Write(Folder[label], annotated, [new(1, "cell")]);
        else LabelMeFile.Write(Folder[label], annotated, [new(1, "cell")]);
        return masks.ToDictionary(m => m.Key, m => m.Value);
    }
}
