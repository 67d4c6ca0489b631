using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class AnnotationFormatsTests
{
    [Test]
    public void Every_format_writes_its_files_whole_and_knows_what_it_has_written([ValueSource(nameof(Formats))] string format)
    {
        using var folder = new TemporaryFolder();
        var image = AnnotatedImages.Sample("sub/one.two.jpg");
        for (int run = 0; run < 2; run++)
        {
            using var writer = AnnotationFormats.Create(format, folder["out"], AnnotatedImages.Categories);
            Assert.That(writer.Contains(image.FileName), Is.EqualTo(run > 0));
            writer.Write(image);
            Assert.That(writer.Contains(image.FileName));
            writer.Complete();
        }

        string[] files = [.. Directory.GetFiles(folder["out"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder["out"], f)).Order(StringComparer.Ordinal)];
        Assert.That(files, Is.EqualTo(format switch
        {
            "coco" or "coco-rle" => ["annotations.json"],
            "yolo" => ["classes.txt", "sub/one.two.txt"],
            "png" => new[] { "sub/one.two/000.png", "sub/one.two/001.png" },
            "davis" => ["sub/one.two.png"],
            _ => ["sub/one.two.json"],
        }));
        Assert.That(Masks(format, folder["out"]), Is.EqualTo(image.Masks()));
        Assert.That(AnnotationFormats.Describe(format), Is.Not.Empty);
    }

    [Test]
    public void Names_that_lead_out_of_the_folder_are_refused([Values("../a.jpg", "/a.jpg", "x/../../a.jpg", "..\\a.jpg", "a//b.jpg")] string name)
    {
        using var folder = new TemporaryFolder();
        using var writer = AnnotationFormats.Create("yolo", folder["out"], AnnotatedImages.Categories);
        Assert.That(() => writer.Contains(name), Throws.TypeOf<AnnotationException>());
        Assert.That(() => writer.Write(AnnotatedImages.Sample(name)), Throws.TypeOf<AnnotationException>());
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void A_palette_has_no_place_for_more_than_255_objects()
    {
        using var folder = new TemporaryFolder();
        using var writer = AnnotationFormats.Create("davis", folder["out"], AnnotatedImages.Categories);
        var image = AnnotatedImages.Of("a.jpg", [.. Enumerable.Repeat(new BinaryMask(2, 2), 256)]);
        Assert.That(() => writer.Write(image), Throws.TypeOf<AnnotationException>().With.Message.Contains("256 objects"));
    }

    [Test]
    public void An_unknown_format_is_named_with_the_known_ones() => Assert.That(
        () => AnnotationFormats.Create("voc", "out", []), Throws.ArgumentException.With.Message.Contains("'voc'; there are coco"));

    private static IEnumerable<string> Formats => AnnotationFormats.Names;

    private static IEnumerable<CocoRle> Masks(string format, string folder)
    {
        string file = Path.Combine(folder, "sub", "one.two");
        return format switch
        {
            "coco" or "coco-rle" => CocoReader.Read(Path.Combine(folder, "annotations.json")).Images[0].Masks(),
            "yolo" => YoloLabels.Read(file + ".txt", 60, 40).Select(o => o.Shape!.ToRle()),
            "sa1b" => Sa1bFile.Read(file + ".json").Masks(),
            "labelme" => LabelMeFile.Read(file + ".json", []).Masks(),
            "davis" => DavisFile.Read(file + ".png").Values.Select(CocoRle.Encode),
            _ => Directory.GetFiles(file).Order().Select(f => CocoRle.Encode(MaskFile.Read(f))),
        };
    }
}
