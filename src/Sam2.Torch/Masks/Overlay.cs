using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>Shows masks and prompts on a picture. Pure managed code: the result is the same on both stacks.</summary>
public static class Overlay
{
    private static readonly Rgb Black = new(0, 0, 0);
    private static readonly Rgb White = new(255, 255, 255);
    private static readonly Rgb Include = new(30, 190, 80);
    private static readonly Rgb Exclude = new(225, 45, 45);

    /// <summary>A copy of the picture with translucent, outlined masks, prompts and labels.</summary>
    /// <param name="image">The picture; not changed.</param>
    /// <param name="objects">What to draw, later ones above earlier ones.</param>
    /// <param name="prompts">Points and boxes to show, if any.</param>
    /// <param name="style">How to draw; null for the default.</param>
    /// <exception cref="ArgumentException">A mask differs in size from the picture.</exception>
    public static RgbImage Draw(
        RgbImage image, IReadOnlyList<OverlayObject> objects, OverlayPrompts? prompts = null, OverlayStyle? style = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(objects);
        style ??= OverlayStyle.Default;
        foreach (var item in objects)
        {
            RequireSize(image, item.Mask);
        }

        var result = image.Clone();
        if (style.BackgroundBrightness < 1)
        {
            DimBackground(result, objects, style.BackgroundBrightness);
        }

        foreach (var item in objects)
        {
            Tint(result, item.Mask, item.Colour, style.Opacity);
        }

        double line = style.LineWidthFor(image.Width, image.Height);
        if (line > 0)
        {
            var contours = new ContourLayer(result, line);
            foreach (var item in objects)
            {
                contours.Draw(item.Mask, item.Colour);
            }
        }

        var canvas = new Canvas(result);
        if (prompts is not null)
        {
            DrawPrompts(canvas, prompts, Math.Max(line, 1.5));
        }

        var labels = new LabelLayer(canvas, image.Width, image.Height);
        foreach (var item in objects)
        {
            labels.Draw(item);
        }

        return result;
    }

    /// <summary>Pictures of one height next to each other, with a narrow gap.</summary>
    /// <param name="images">At least one.</param>
    /// <exception cref="ArgumentException">There are none, or their heights differ.</exception>
    public static RgbImage SideBySide(params IReadOnlyList<RgbImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0 || images.Any(i => i.Height != images[0].Height))
        {
            throw new ArgumentException("Pictures side by side need to be of one height.", nameof(images));
        }

        int gap = images.Count > 1 ? Math.Max(2, images[0].Height / 150) : 0;
        var result = new RgbImage(images.Sum(i => i.Width) + (gap * (images.Count - 1)), images[0].Height);
        result.Pixels.AsSpan().Fill(255);
        for (int y = 0; y < result.Height; y++)
        {
            int at = 0;
            foreach (var image in images)
            {
                image.Row(y).CopyTo(result.Row(y)[at..]);
                at += (image.Width + gap) * 3;
            }
        }

        return result;
    }

    /// <summary>The masked part of a picture on a transparent ground.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">What to keep.</param>
    /// <param name="crop">True to cut to the mask's box; an empty mask is not cut.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static RgbaImage CutOut(RgbImage image, BinaryMask mask, bool crop = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(mask);
        RequireSize(image, mask);
        var (x, y, width, height) = mask.BoundingBox;
        if (!crop || width == 0)
        {
            (x, y, width, height) = (0, 0, image.Width, image.Height);
        }

        var colour = new RgbImage(width, height);
        var alpha = new byte[width * height];
        for (int row = 0; row < height; row++)
        {
            image.Row(y + row).Slice(x * 3, width * 3).CopyTo(colour.Row(row));
            var source = mask.Row(y + row).Slice(x, width);
            for (int i = 0; i < width; i++)
            {
                alpha[(row * width) + i] = (byte)-source[i];
            }
        }

        return new RgbaImage(colour, alpha);
    }

    private static void Tint(RgbImage image, BinaryMask mask, Rgb colour, double opacity)
    {
        int weight = (int)Math.Round(Math.Clamp(opacity, 0, 1) * 256);
        var (left, top, width, height) = mask.BoundingBox;
        for (int y = top; y < top + height; y++)
        {
            var row = mask.Row(y);
            var pixels = image.Row(y);
            for (int x = left; x < left + width; x++)
            {
                if (row[x] != 0)
                {
                    Canvas.Mix(pixels.Slice(3 * x, 3), colour, weight);
                }
            }
        }
    }

    private static void DimBackground(RgbImage image, IReadOnlyList<OverlayObject> objects, double brightness)
    {
        var any = new byte[image.Width * image.Height];
        foreach (var item in objects)
        {
            for (int i = 0; i < any.Length; i++)
            {
                any[i] |= item.Mask.Data[i];
            }
        }

        int weight = (int)Math.Round((1 - Math.Clamp(brightness, 0, 1)) * 256);
        for (int i = 0; i < any.Length; i++)
        {
            if (any[i] == 0)
            {
                Canvas.Mix(image.Pixels.AsSpan(3 * i, 3), Black, weight);
            }
        }
    }

    private static void DrawPrompts(Canvas canvas, OverlayPrompts prompts, double line)
    {
        foreach (var (x0, y0, x1, y1, id) in prompts.Boxes)
        {
            canvas.Rectangle(x0, y0, x1, y1, line * 2, Black, 0.55);
            canvas.Rectangle(x0, y0, x1, y1, line, ObjectColours.Of(id));
        }

        double radius = Math.Max(4, line * 3);
        foreach (var (x, y, positive) in prompts.Points)
        {
            canvas.Disc(x, y, radius + (line * 1.5), Black, 0.55);
            canvas.Disc(x, y, radius + (line * 0.75), White);
            canvas.Disc(x, y, radius, positive ? Include : Exclude);
            double arm = radius * 0.5;
            canvas.Line(x - arm, y, x + arm, y, line * 0.9, White);
            if (positive)
            {
                canvas.Line(x, y - arm, x, y + arm, line * 0.9, White);
            }
        }
    }

    private static void RequireSize(RgbImage image, BinaryMask mask)
    {
        if (mask.Width != image.Width || mask.Height != image.Height)
        {
            throw new ArgumentException(
                $"A mask of {mask.Width}×{mask.Height} does not fit a picture of {image.Width}×{image.Height}.", nameof(mask));
        }
    }
}
