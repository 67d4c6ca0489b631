using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class LabelImageTests : FolderTests
{
    /// <summary>Four rows of stripes, so that objects have an inside.</summary>
    private static readonly ushort[] Wide = [.. Enumerable.Range(0, 4 * 24).Select(i => ((ushort[])[0, 1, 255, 256, 257, 26000, 26001, 65535])[i % 24 / 3])];

    [Test]
    public void Numbers_of_16_bits_are_read_and_written_exactly()
    {
        File.WriteAllBytes(Folder["wide.png"], PngTests.Encode16(24, 4, PngColour.Grey, Wide));
        File.WriteAllBytes(Folder["small.png"], PngTests.Encode16(3, 1, PngColour.Grey, [0, 1, 2]));
        File.WriteAllBytes(Folder["colour.png"], PngTests.Encode16(24, 4, PngColour.Rgb, [.. Wide.SelectMany(n => new[] { n, n, n })]));
        new LabelImage(24, 4, Wide).Write(Folder["back.png"]);
        Assert.Multiple(() =>
        {
            Assert.That(LabelImage.Read(Folder["wide.png"]).Numbers, Is.EqualTo(Wide));
            Assert.That(LabelImage.Read(Folder["small.png"]).Numbers, Is.EqualTo(new ushort[] { 0, 1, 2 }));
            Assert.That(LabelImage.Read(Folder["colour.png"]).Numbers, Is.EqualTo(Wide));
            Assert.That(LabelImage.Read(Folder["back.png"]).Numbers, Is.EqualTo(Wide));
            Assert.That(LabelImage.Read(Folder["back.png"]).Width, Is.EqualTo(24));
        });
    }

    [Test]
    public void Indices_into_a_palette_are_numbers_whatever_their_colours()
    {
        new IndexedImage(3, 1, [0, 2, 1], [9, 9, 9, 0, 0, 0, 255, 255, 255]).Write(Folder["p.png"]);
        var labels = LabelImage.Read(Folder["p.png"]);
        Assert.That((labels.HasPalette, labels.Numbers), Is.EqualTo((true, new ushort[] { 0, 2, 1 })));
    }

    [Test]
    public void One_colour_on_black_is_white_on_black_and_several_are_refused()
    {
        ImageFile.Write(Folder["one.png"], new RgbImage(3, 1, [0, 0, 0, 200, 0, 3, 200, 0, 3]));
        ImageFile.Write(Folder["two.png"], new RgbImage(3, 1, [0, 0, 0, 200, 0, 3, 0, 200, 3]));
        ImageFile.Write(Folder["all.png"], new RgbImage(2, 1, [200, 0, 3, 200, 0, 3]));
        Assert.That(() => LabelImage.Read(Folder["all.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("no black"));
        Assert.That(LabelImage.Read(Folder["one.png"]).Numbers, Is.EqualTo(new ushort[] { 0, 255, 255 }));
        Assert.That(() => LabelImage.Read(Folder["two.png"]), Throws.TypeOf<MediaException>()
            .With.Message.Contains("two.png").And.Message.Contains("several colours").And.Message.Contains("indexed PNG"));
    }

    [TestCase(0, 255)]
    [TestCase(4, 255)]
    [TestCase(4, 200)]
    public void Soft_edges_are_noticed(int blur, int white)
    {
        var grey = Disc(blur, white);
        if (blur == 0) grey[0] = 128;
        new IndexedImage(64, 48, grey, []).Write(Folder["soft.png"]);
        Assert.That(LabelImage.Read(Folder["soft.png"]).HasSoftEdges);
    }

    [Test]
    public void Numbers_of_objects_beside_255_are_no_soft_edges()
    {
        var grey = Disc(0, 255);
        for (int y = 0; y < 5; y++) grey.AsSpan(y * 64, 40).Fill((byte)(y < 3 ? 254 : 7));
        new IndexedImage(64, 48, grey, []).Write(Folder["objects.png"]);
        Assert.That(LabelImage.Read(Folder["objects.png"]).HasSoftEdges, Is.False);
        Assert.That(LabelImage.Read(Folder["objects.png"]).Numbers, Is.EqualTo(grey.Select(v => (ushort)v)));
    }

    /// <summary>A disc whose edge is so many pixels wide.</summary>
    internal static byte[] Disc(int blur, int white) => [.. Enumerable.Range(0, 64 * 48).Select(i =>
    {
        double radius = Math.Sqrt(Math.Pow((i % 64) - 32, 2) + Math.Pow((i / 64) - 28, 2));
        return (byte)Math.Round(white * Math.Clamp(blur == 0 ? (radius < 15 ? 1 : 0) : (15 - radius) / blur, 0, 1));
    })];
}
