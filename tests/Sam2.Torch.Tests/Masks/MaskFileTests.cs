using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Tests.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Masks;

public class MaskFileTests
{
    [Test]
    public void Png_round_trip_is_exact_and_stores_0_and_255()
    {
        using var folder = new TemporaryFolder();
        foreach (var mask in RandomMasks.Many(seed: 21, count: 30))
        {
            MaskFile.WritePng(folder["m.png"], mask);
            Assert.That(MaskFile.Read(folder["m.png"]), Is.EqualTo(mask));
            Assert.That(IndexedImage.Read(folder["m.png"]).Indices, Is.EqualTo(mask.Data.Select(v => (byte)(v * 255))));
        }
    }

    [Test]
    public void A_palette_counts_by_index_not_by_colour()
    {
        using var folder = new TemporaryFolder();
        new IndexedImage(3, 1, [0, 1, 1], [9, 9, 9, 0, 0, 0]).Write(folder["p.png"]);
        Assert.That(MaskFile.Read(folder["p.png"]).Data, Is.EqualTo(new byte[] { 0, 1, 1 }));
    }

    [Test]
    public void Opacity_is_not_part_of_a_mask()
    {
        using var folder = new TemporaryFolder();
        ImageFile.Write(folder["a.png"], new RgbaImage(new RgbImage(2, 1, [0, 0, 0, 0, 1, 0]), [255, 0]));
        Assert.That(MaskFile.Read(folder["a.png"]).Data, Is.EqualTo(new byte[] { 0, 1 }));
    }

    [Test]
    public void All_16_bits_of_a_number_count()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["g.png"], PngTests.Encode16(3, 1, PngColour.Grey, [0, 256, 256]));
        File.WriteAllBytes(folder["c.png"], PngTests.Encode16(2, 1, PngColour.GreyAlpha, [0, 65535, 1, 0]));
        Assert.That(MaskFile.Read(folder["g.png"]).Data, Is.EqualTo(new byte[] { 0, 1, 1 }));
        Assert.That(MaskFile.Read(folder["c.png"]).Data, Is.EqualTo(new byte[] { 0, 1 }));
    }

    [Test]
    public void Soft_edges_are_split_in_the_middle([Values(8, 16)] int depth)
    {
        using var folder = new TemporaryFolder();
        byte[] grey = LabelImageTests.Disc(blur: 4, white: 255);
        if (depth == 8) new IndexedImage(64, 48, grey, []).Write(folder["m.png"]);
        else new LabelImage(64, 48, [.. grey.Select(v => (ushort)(257 * v))]).Write(folder["m.png"]);
        Assert.That(MaskFile.Read(folder["m.png"]).Data, Is.EqualTo(grey.Select(v => v > 127 ? 1 : 0)));
    }

    [Test]
    public void Numbers_or_colours_of_several_objects_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["g.png"], PngTests.Encode16(5, 1, PngColour.Grey, [0, 300, 1, 7, 256]));
        ImageFile.Write(folder["c.png"], new RgbImage(3, 1, [0, 0, 0, 200, 0, 3, 0, 200, 3]));
        Assert.That(() => MaskFile.Read(folder["g.png"]), Throws.TypeOf<MediaException>()
            .With.Message.Contains("g.png").And.Message.Contains("several objects (1, 7, 256, …)").And.Message.Contains("Keep the pixels of one"));
        Assert.That(() => MaskFile.Read(folder["c.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("several colours"));
    }

    [Test]
    public void A_lossy_picture_is_split_in_the_middle()
    {
        using var folder = new TemporaryFolder();
        var image = new RgbImage(32, 16);
        for (int y = 0; y < 16; y++)
        {
            image.Row(y)[(16 * 3)..].Fill(255);
        }

        ImageFile.Write(folder["m.jpg"], image);
        var mask = MaskFile.Read(folder["m.jpg"]);
        Assert.That(mask.BoundingBox, Is.EqualTo((16, 0, 16, 16)));
        Assert.That(mask.Area, Is.EqualTo(256));
    }
}
