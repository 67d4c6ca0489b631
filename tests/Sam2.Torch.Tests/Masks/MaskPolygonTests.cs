using NUnit.Framework;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Tests.Masks;

public class MaskPolygonTests
{
    [Test]
    public void A_single_pixel_has_its_four_corners_clockwise()
    {
        var parts = MaskPolygon.Trace(Parse("...", ".#.", "..."));
        Assert.That(parts, Has.Count.EqualTo(1));
        Assert.That(parts[0].Outer, Is.EqualTo(new[] { 2, 1, 2, 2, 1, 2, 1, 1 }));
        Assert.That(parts[0].Holes, Is.Empty);
    }

    [Test]
    public void Pixels_that_touch_at_a_corner_are_parts_of_their_own()
    {
        var parts = MaskPolygon.Trace(Parse("#.", ".#"));
        Assert.That(parts.Select(part => part.Area), Is.EqualTo(new[] { 1, 1 }));
    }

    [Test]
    public void A_hole_that_touches_the_outside_at_a_corner_is_a_notch_of_the_outline_and_one_within_is_a_hole()
    {
        // The pixel in the middle is enclosed, since background pixels that touch at a corner belong together.
        var ring = MaskPolygon.Trace(Parse("###", "#.#", "###"));
        Assert.That(ring, Has.Count.EqualTo(1));
        Assert.That(ring[0].Holes, Has.Count.EqualTo(1));
        Assert.That(ring[0].Area, Is.EqualTo(8));

        var open = MaskPolygon.Trace(Parse("###", "#.#", "##."));
        Assert.That(open, Has.Count.EqualTo(1));
        Assert.That(open[0].Holes, Is.Empty);
        Assert.That(open[0].Area, Is.EqualTo(7));
    }

    [Test]
    public void A_part_inside_the_hole_of_another_is_a_part_of_its_own_and_holes_belong_to_theirs()
    {
        var parts = MaskPolygon.Trace(Parse(
            "#######",
            "#.....#",
            "#.###.#",
            "#.#.#.#",
            "#.###.#",
            "#.....#",
            "#######"));
        Assert.That(parts.Select(part => (part.Area, part.Holes.Count)), Is.EqualTo(new[] { (24L, 1), (8L, 1) }));
    }

    [Test]
    public void An_empty_mask_has_no_polygons_and_a_full_one_the_pictures_outline()
    {
        Assert.That(MaskPolygon.Trace(new BinaryMask(5, 4)), Is.Empty);
        Assert.That(MaskPolygon.ToSingleRing([]), Is.Empty);
        var full = new BinaryMask(5, 4);
        full.Data.AsSpan().Fill(1);
        Assert.That(MaskPolygon.Trace(full)[0].Outer, Is.EqualTo(new[] { 4, 0, 4, 5, 0, 5, 0, 0 }));
    }

    [Test]
    public void Polygons_have_the_masks_area_and_fill_to_the_mask() =>
        MaskGenerators.Check(MaskGenerators.Small, 400, RoundTrips);

    [Test]
    public void Large_masks_round_trip_too() =>
        MaskGenerators.Check(MaskGenerators.Large, 8, RoundTrips);

    /// <summary>Parts one by one, as COCO has them, and all in one ring, as YOLO has them.</summary>
    private static void RoundTrips(BinaryMask mask)
    {
        var parts = MaskPolygon.Trace(mask);
        Assert.That(parts.Sum(part => part.Area), Is.EqualTo(mask.Area));
        if (mask.Area == 0)
        {
            Assert.That(parts, Is.Empty);
            return;
        }

        var expected = CocoRle.Encode(mask);
        var separate = PolygonRasteriser.FillAll([.. parts.Select(part => Real(part.ToSingleRing()))], mask.Height, mask.Width);
        Assert.That(separate, Is.EqualTo(expected));
        Assert.That(PolygonRasteriser.Fill(Real(MaskPolygon.ToSingleRing(parts)), mask.Height, mask.Width), Is.EqualTo(expected));
    }

    private static double[] Real(int[] ring) => Array.ConvertAll(ring, v => (double)v);

    private static BinaryMask Parse(params string[] rows)
    {
        var mask = new BinaryMask(rows.Length, rows[0].Length);
        for (int y = 0; y < rows.Length; y++)
        {
            for (int x = 0; x < rows[y].Length; x++)
            {
                mask[y, x] = rows[y][x] == '#';
            }
        }

        return mask;
    }
}
