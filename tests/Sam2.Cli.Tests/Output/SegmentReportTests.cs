using System.Text.Json;
using NUnit.Framework;
using Sam2.Cli.Output;

namespace Sam2.Cli.Tests.Output;

public class SegmentReportTests
{
    private static readonly SegmentReport Report = new(
        "bilder/Käse \"1\".jpg", 5, 4, "sam2.1_hiera_tiny", "cpu", new SegmentSeconds(0.5, 1.25, 0.125),
        [new MaskReport("out/mask_0.png", 0.75f, 6, [1, 1, 3, 2], new RleReport([4, 5], "52203"), null)]);

    [Test]
    public void Has_exactly_the_documented_entries()
    {
        using var json = JsonDocument.Parse(Report.ToJson());
        var root = json.RootElement;
        Assert.That(Names(root), Is.EqualTo(new[] { "image", "width", "height", "model", "device", "seconds", "masks" }));
        Assert.That(Names(root.GetProperty("seconds")), Is.EqualTo(new[] { "load", "encode", "predict" }));
        var mask = root.GetProperty("masks")[0];
        Assert.That(Names(mask), Is.EqualTo(new[] { "file", "score", "area", "bbox", "rle" }));
        Assert.That(Names(mask.GetProperty("rle")), Is.EqualTo(new[] { "size", "counts" }));
        Assert.That(mask.GetProperty("bbox").EnumerateArray().Select(e => e.GetInt32()), Is.EqualTo(new[] { 1, 1, 3, 2 }));
        Assert.That(mask.GetProperty("score").GetDouble(), Is.EqualTo(0.75));
    }

    [Test]
    public void Names_in_any_language_survive()
    {
        using var json = JsonDocument.Parse(Report.ToJson());
        Assert.That(json.RootElement.GetProperty("image").GetString(), Is.EqualTo("bilder/Käse \"1\".jpg"));
        Assert.That(Report.ToJson(), Does.Contain("Käse"));
    }

    [Test]
    public void Tells_which_box_a_mask_answers_when_there_were_several()
    {
        var report = Report with { Masks = [Report.Masks[0] with { Object = 2 }] };
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.That(json.RootElement.GetProperty("masks")[0].GetProperty("object").GetInt32(), Is.EqualTo(2));
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
