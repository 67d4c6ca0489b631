using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class DavisFileTests
{
    [Test]
    public void Masks_that_do_not_overlap_round_trip() => MaskGenerators.Check(MaskGenerators.Small, 40, RoundTrips);

    [Test]
    public void Large_masks_round_trip_too() => MaskGenerators.Check(MaskGenerators.Large, 2, RoundTrips);

    private static void RoundTrips(BinaryMask mask)
    {
        using var folder = new TemporaryFolder();
        var rest = new BinaryMask(mask.Height, mask.Width, [.. mask.Data.Select(v => (byte)(1 - v))]);
        DavisFile.Compose(mask.Width, mask.Height, [(255, mask), (1, rest)]).Write(folder["a.png"]);
        var back = DavisFile.Read(folder["a.png"]);
        Assert.That(back, Is.EqualTo(new[] { (1, rest), (255, mask) }.Where(m => m.Item2.Area > 0).ToDictionary(m => m.Item1, m => m.Item2)));
    }

    [Test]
    public void Earlier_objects_are_on_top()
    {
        var all = new BinaryMask(1, 3, [1, 1, 1]);
        var middle = new BinaryMask(1, 3, [0, 1, 0]);
        Assert.That(DavisFile.Compose(3, 1, [(4, middle), (2, all)]).Indices, Is.EqualTo(new byte[] { 2, 4, 2 }));
        Assert.That(DavisFile.Compose(3, 1, [(2, all), (4, middle)]).Indices, Is.EqualTo(new byte[] { 2, 2, 2 }));
    }

    [Test]
    public void Numbers_and_sizes_that_do_not_fit_are_refused()
    {
        var mask = new BinaryMask(1, 3);
        Assert.That(() => DavisFile.Compose(3, 1, [(0, mask)]), Throws.ArgumentException);
        Assert.That(() => DavisFile.Compose(3, 1, [(256, mask)]), Throws.ArgumentException);
        Assert.That(() => DavisFile.Compose(3, 2, [(1, mask)]), Throws.ArgumentException);
    }

    [Test]
    public void Numbers_of_16_bits_keep_both_bytes()
    {
        using var folder = new TemporaryFolder();
        var (one, other) = (new BinaryMask(3, 3, [1, 1, 1, 0, 0, 0, 0, 0, 0]), new BinaryMask(3, 3, [0, 0, 0, 0, 0, 0, 1, 1, 1]));
        var masks = new Dictionary<int, BinaryMask> { [26000] = one, [26001] = other };
        IndexedMasks.CombineLabels(masks, 3, 3).Write(folder["a.png"]);
        Assert.That(DavisFile.Read(folder["a.png"]), Is.EqualTo(masks));
    }

    [Test]
    public void A_picture_in_colours_and_one_with_soft_edges_are_refused()
    {
        using var folder = new TemporaryFolder();
        ImageFile.Write(folder["a.png"], TestPictures.Smooth(16, 12));
        Assert.That(() => DavisFile.Read(folder["a.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("several colours"));
        var soft = new RgbImage(40, 1);
        for (var i = 0; i < 40; i++) soft.Pixels.AsSpan(3 * i, 3).Fill((byte)Math.Min(255, i * 8));
        ImageFile.Write(folder["b.png"], soft);
        Assert.That(() => DavisFile.Read(folder["b.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("soft edges"));
    }
}
