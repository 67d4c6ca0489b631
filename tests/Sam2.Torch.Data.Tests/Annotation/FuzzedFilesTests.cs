using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

/// <summary>What fuzzing found in readers of annotations (tests/Sam2.Fuzz).</summary>
public class FuzzedFilesTests
{
    [TestCase("names: ['person', \"bicycle\", \0\0\0N\nextra: {deep: [1, {x: y}]}\n")]
    [TestCase("names: {a:\n\nx:\r\n")]
    [TestCase("names: [a, ke---\nteps: [1, 2]}\n")]
    public void An_open_bracket_in_the_YAML_of_a_data_set_is_refused(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["data.yaml"], text);
        Assert.That(() => YoloClasses.Read(folder["data.yaml"]), Throws.TypeOf<AnnotationException>().With.Message.StartsWith(folder["data.yaml"]));
    }

    [TestCase("3")]
    [TestCase("[]")]
    [TestCase("true")]
    [TestCase("\"\\ud800\"")]
    [TestCase("\"\"")]
    [TestCase("\"no base 64\"")]
    public void A_LabelMe_mask_that_is_no_picture_is_refused(string mask) => Damage.IsRefused(
        $$"""{"imagePath": "a.jpg", "imageHeight": 30, "imageWidth": 40, "shapes": [{"label": "a", "points": [[1, 1], [2, 2]], "shape_type": "mask", "mask": {{mask}}}]}""",
        path => LabelMeFile.Read(path, []), "shapes[0].mask");

    [TestCase("3", "is not a JSON object")]
    [TestCase("null", "is not a JSON object")]
    [TestCase("[]", "is not a JSON object")]
    [TestCase("{\"score\": \"\\udc00\"}", "objects[0] has a text that is none")]
    public void A_journal_with_anything_but_sound_objects_is_refused(string item, string cause)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json.journal"], $$"""{"file_name": "a.jpg", "width": 5, "height": 4, "objects": [{{item}}]}""" + "\n");
        using var writer = new CocoWriter(folder["a.json"], AnnotatedImages.Categories);
        Assert.That(() => writer.Complete(), Throws.TypeOf<AnnotationException>().With.Message.Contains(cause));
        Assert.That(folder.Files, Is.EqualTo(new[] { "a.json.journal" }));
    }

    [Test]
    public void Names_that_no_file_can_have_are_refused()
    {
        Assert.That(() => YoloLabels.Read("a\0b.txt", 4, 3), Throws.TypeOf<AnnotationException>().With.Message.StartsWith("a?b.txt: "));
        Assert.That(() => ImageFile.Read("a\0b.png"), Throws.TypeOf<MediaException>().With.Message.StartsWith("a?b.png: "));
    }

    [Test]
    public void A_list_of_many_videos_is_read_at_once()
    {
        // Each video used to be looked for among all, which takes time with the square of their number.
        const int Videos = 40_000;
        using var folder = new TemporaryFolder();
        foreach (string place in new[] { "JPEGImages", "Annotations" })
        {
            Directory.CreateDirectory(folder.At(place, "v0"));
        }

        var text = new StringBuilder("""{"videos": {"v0": {"objects": {}}""");
        for (int i = 1; i < Videos; i++)
        {
            text.Append($$""", "v{{i}}": {"objects": {"1": {"frames": ["0"]} } }""");
        }

        File.WriteAllText(folder["meta.json"], text.Append("}}").ToString());
        var watch = Stopwatch.StartNew();
        Assert.That(() => DatasetReader.Open(folder.Path, "ytvos"), Throws.TypeOf<DatasetException>().With.Message.Contains("v1"));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(15)));
    }
}
