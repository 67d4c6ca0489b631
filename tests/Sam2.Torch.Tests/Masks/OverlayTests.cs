using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using SkiaSharp;
using TestSupport;

namespace Sam2.Torch.Tests.Masks;

public class OverlayTests
{
    [Test]
    public void Fills_inside_leaves_outside_and_does_not_touch_the_input()
    {
        var image = TestPictures.Smooth(100, 80);
        byte[] before = (byte[])image.Pixels.Clone();
        var colour = ObjectColours.Of(1);
        var drawn = Overlay.Draw(image, [new OverlayObject(1, Square(100, 80, 20, 20, 60, 60))]);
        var inside = image[40, 40];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(image.Pixels, Is.EqualTo(before));
            Assert.That(drawn[5, 5], Is.EqualTo(image[5, 5]));
            Assert.That(drawn[90, 70], Is.EqualTo(image[90, 70]));
            Assert.That((double)drawn[40, 40].R, Is.EqualTo((0.55 * inside.R) + (0.45 * colour.R)).Within(2));
            Assert.That((double)drawn[40, 40].B, Is.EqualTo((0.55 * inside.B) + (0.45 * colour.B)).Within(2));
        }
    }

    [TestCase(0)]
    [TestCase(255)]
    public void The_contour_stands_out_on_black_and_on_white(int grey)
    {
        var image = new RgbImage(100, 80);
        image.Pixels.AsSpan().Fill((byte)grey);
        var style = new OverlayStyle { Opacity = 0 };
        var drawn = Overlay.Draw(image, [new OverlayObject(2, Square(100, 80, 20, 20, 60, 60))], style: style);
        int strongest = Enumerable.Range(15, 10).Max(x => Math.Abs(drawn[x, 40].G - grey));
        Assert.That(strongest, Is.GreaterThan(50));
        Assert.That(drawn[40, 40], Is.EqualTo(image[40, 40]));
    }

    [Test]
    public void Masks_at_the_edges_and_prompts_outside_are_clipped()
    {
        var image = TestPictures.Smooth(30, 20);
        var all = new BinaryMask(20, 30);
        all.Data.AsSpan().Fill(1);
        var prompts = new OverlayPrompts { Points = [(-50, 10, true), (29, 19, false), (1e9, 0, true)], Boxes = [(-10, -10, 500, 500, 1)] };
        var style = new OverlayStyle { LineWidth = 9 };
        var objects = new[] { new OverlayObject(-3, all, "a label longer than the picture"), new OverlayObject(4, new BinaryMask(20, 30), "hidden") };
        Assert.That(() => Overlay.Draw(image, objects, prompts, style), Throws.Nothing);
        Assert.That(() => Overlay.Draw(new RgbImage(1, 1), [new OverlayObject(1, new BinaryMask(1, 1, [1]), "x")], prompts), Throws.Nothing);
    }

    [Test]
    public void Labels_evade_each_other()
    {
        var image = new RgbImage(200, 120);
        BinaryMask[] masks = [.. Enumerable.Range(0, 4).Select(i => Square(200, 120, 60, 50, 150, 90))];
        var drawn = Overlay.Draw(image, [.. masks.Select((mask, i) => new OverlayObject(i + 1, mask, "label"))], style: new OverlayStyle { Opacity = 0, LineWidth = 0 });
        foreach (int id in new[] { 1, 2, 3, 4 })
        {
            var colour = ObjectColours.Of(id);
            int pixels = Enumerable.Range(0, 200 * 120).Count(i => drawn[i % 200, i / 200] == colour);
            Assert.That(pixels, Is.GreaterThan(150), $"the tab of object {id}");
        }
    }

    [Test]
    public void A_label_is_at_the_largest_part_of_its_object()
    {
        var mask = Square(200, 120, 120, 60, 160, 100);
        mask[2, 3] = true;
        var drawn = Overlay.Draw(new RgbImage(200, 120), [new OverlayObject(1, mask, "x")], style: new OverlayStyle { Opacity = 0, LineWidth = 0 });
        int[] lit = [.. Enumerable.Range(0, 200 * 120).Where(i => drawn[i % 200, i / 200] == ObjectColours.Of(1))];
        Assert.That(lit.Select(i => i % 200), Is.All.InRange(115, 165));
        Assert.That(lit.Select(i => i / 200), Is.All.InRange(40, 60));
    }

    [Test]
    public void Styles_outline_or_darken_what_is_around()
    {
        var image = TestPictures.Smooth(100, 80);
        OverlayObject[] objects = [new(1, Square(100, 80, 20, 20, 60, 60))];
        var outlined = Overlay.Draw(image, objects, style: OverlayStyle.Outline);
        var spotlit = Overlay.Draw(image, objects, style: OverlayStyle.Spotlight);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outlined[40, 40], Is.EqualTo(image[40, 40]));
            Assert.That(outlined[90, 70], Is.EqualTo(image[90, 70]));
            Assert.That(spotlit[40, 40], Is.EqualTo(image[40, 40]));
            Assert.That((double)spotlit[90, 70].G, Is.EqualTo(0.3 * image[90, 70].G).Within(2));
            Assert.That(OverlayStyle.ByName.Keys, Is.EqualTo(new[] { "fill", "outline", "spotlight" }));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Every_printable_character_is_drawn_and_differs_from_the_others(bool fromSystem)
    {
        // The built-in dots are all that a system without fonts has.
        using var font = new LabelFont(fromSystem ? LabelFont.SystemTypeface : null, 20);
        using var paint = new SKPaint { IsAntialias = true, Color = SKColors.White };
        var drawn = Enumerable.Range('!', '~' - '!' + 1).Select(c =>
        {
            using var bitmap = new SKBitmap(new SKImageInfo(40, 40, SKColorType.Gray8, SKAlphaType.Opaque));
            using var canvas = new SKCanvas(bitmap);
            string text = ((char)c).ToString();
            font.Draw(canvas, paint, text, 5, 5);
            Assert.That(bitmap.Bytes.Max(), Is.GreaterThan(150), $"{text} is not blank");
            Assert.That(font.Measure(text), Is.InRange(1, 30), text);
            return Convert.ToHexString(bitmap.Bytes);
        });
        Assert.That(drawn, Is.Unique);
    }

    [Test]
    public void A_label_has_dark_text_on_its_tab()
    {
        var style = new OverlayStyle { Opacity = 0, LineWidth = 0 };
        var drawn = Overlay.Draw(new RgbImage(400, 300), [new OverlayObject(1, Square(400, 300, 100, 100, 300, 200), "12: cat")], style: style);
        Rgb[] pixels = [.. Enumerable.Range(0, 400 * 300).Select(i => drawn[i % 400, i / 400])];
        int tab = pixels.Count(c => c == ObjectColours.Of(1));
        int between = pixels.Count(c => c != ObjectColours.Of(1) && c.B > 30);
        Assert.That(tab, Is.GreaterThan(400));
        Assert.That(between, Is.GreaterThan(50), "edges of letters");
    }

    [Test]
    public void The_contour_is_antialiased_and_absent_on_the_pictures_border()
    {
        var image = new RgbImage(60, 60);
        image.Pixels.AsSpan().Fill(255);
        var mask = new BinaryMask(60, 60);
        for (int i = 0; i < 3600; i++)
        {
            mask.Data[i] = (i % 60) + (i / 60) < 50 ? (byte)1 : (byte)0;
        }

        var drawn = Overlay.Draw(image, [new OverlayObject(1, mask)], style: OverlayStyle.Outline with { LineWidth = 3 });
        var colours = Enumerable.Range(20, 20).Select(x => drawn[x, 25]).Distinct().ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(colours, Has.Count.GreaterThan(4), "white, rim, line and what is between them");
            Assert.That(drawn[24, 25], Is.EqualTo(ObjectColours.Of(1)));
            Assert.That(drawn[0, 10], Is.EqualTo(new Rgb(255, 255, 255)));
            Assert.That(drawn[10, 0], Is.EqualTo(new Rgb(255, 255, 255)));

            // A slanted edge looks the same all along.
            Assert.That(Enumerable.Range(15, 15).Select(y => drawn[50 - y + 1, y]).Distinct().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public void A_mask_of_another_size_is_refused()
    {
        Assert.That(
            () => Overlay.Draw(new RgbImage(4, 4), [new OverlayObject(1, new BinaryMask(4, 5))]),
            Throws.ArgumentException.With.Message.Contains("5×4"));
        Assert.That(() => Overlay.CutOut(new RgbImage(4, 4), new BinaryMask(4, 5)), Throws.ArgumentException);
    }

    [Test]
    public void Colours_are_stable_and_neighbours_differ()
    {
        for (int id = 0; id < 30; id++)
        {
            for (int other = id + 1; other < Math.Min(id + 8, 30); other++)
            {
                var (a, b) = (ObjectColours.Of(id), ObjectColours.Of(other));
                int distance = Math.Abs(a.R - b.R) + Math.Abs(a.G - b.G) + Math.Abs(a.B - b.B);
                Assert.That(distance, Is.GreaterThan(40), $"{id} and {other}");
            }
        }

        Assert.That(ObjectColours.Of(1), Is.EqualTo(new Rgb(77, 162, 251)), "pictures made yesterday and today agree");
        Assert.That(() => ObjectColours.Of(long.MinValue), Throws.Nothing);
    }

    [Test]
    public void The_davis_palette_is_the_data_sets()
    {
        byte[] palette = ObjectColours.DavisPalette();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(palette[..15], Is.EqualTo(new byte[] { 0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128 }));
            Assert.That(palette[^3..], Is.EqualTo(new byte[] { 224, 224, 192 }));
        }
    }

    [Test]
    public void Cut_outs_keep_the_masks_pixels_only()
    {
        var image = TestPictures.Noise(30, 20, seed: 2);
        var mask = Square(30, 20, 5, 6, 12, 16);
        mask[6, 5] = false;
        var cut = Overlay.CutOut(image, mask, crop: true);
        var whole = Overlay.CutOut(image, mask);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((cut.Width, cut.Height), Is.EqualTo((7, 10)));
            Assert.That(cut.Alpha.Count(a => a == 255), Is.EqualTo(69));
            Assert.That(cut.Alpha[0], Is.Zero);
            Assert.That(cut.Colour[1, 1], Is.EqualTo(image[6, 7]));
            Assert.That((whole.Width, whole.Height), Is.EqualTo((30, 20)));
            Assert.That(whole.Alpha, Is.EqualTo(mask.Data.Select(v => (byte)(v * 255))));
            Assert.That(Overlay.CutOut(image, new BinaryMask(20, 30), crop: true).Width, Is.EqualTo(30));
        }
    }

    [Test]
    public void Pictures_go_side_by_side()
    {
        var left = TestPictures.Noise(7, 10, seed: 1);
        var right = TestPictures.Noise(5, 10, seed: 2);
        var both = Overlay.SideBySide(left, right);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((both.Width, both.Height), Is.EqualTo((14, 10)));
            Assert.That(both[6, 9], Is.EqualTo(left[6, 9]));
            Assert.That(both[9, 3], Is.EqualTo(right[0, 3]));
            Assert.That(() => Overlay.SideBySide(left, new RgbImage(3, 3)), Throws.ArgumentException);
        }
    }

    [Test]
    public void The_background_can_be_dimmed()
    {
        var image = TestPictures.Smooth(40, 40);
        var style = new OverlayStyle { BackgroundBrightness = 0.5, Opacity = 0, LineWidth = 0 };
        var drawn = Overlay.Draw(image, [new OverlayObject(1, Square(40, 40, 10, 10, 20, 20))], style: style);
        Assert.That(drawn[15, 15], Is.EqualTo(image[15, 15]));
        Assert.That((double)drawn[35, 35].R, Is.EqualTo(image[35, 35].R * 0.5).Within(1));
    }

    private static BinaryMask Square(int width, int height, int x0, int y0, int x1, int y1)
    {
        var mask = new BinaryMask(height, width);
        for (int y = y0; y < y1; y++)
        {
            mask.Row(y)[x0..x1].Fill(1);
        }

        return mask;
    }
}
