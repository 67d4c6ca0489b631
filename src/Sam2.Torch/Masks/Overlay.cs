using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>Shows masks and prompts on a picture.</summary>
public static class Overlay
{
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
        using var canvas = new OverlayCanvas(result);
        if (line > 0)
        {
            foreach (var item in objects)
            {
                canvas.Outline(item.Mask, item.Colour, line);
            }
        }

        if (prompts is not null)
        {
            canvas.Prompts(prompts, Math.Max(line, 1.5));
        }

        foreach (var item in objects)
        {
            canvas.Label(item);
        }

        return canvas.ToImage();
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
                    Mix(pixels.Slice(3 * x, 3), colour, weight);
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
                Mix(image.Pixels.AsSpan(3 * i, 3), default, weight);
            }
        }
    }

    /// <summary>Mixes a colour into three bytes; <paramref name="weight"/> 256 replaces them.</summary>
    private static void Mix(Span<byte> pixel, Rgb colour, int weight)
    {
        pixel[0] += (byte)(((colour.R - pixel[0]) * weight) >> 8);
        pixel[1] += (byte)(((colour.G - pixel[1]) * weight) >> 8);
        pixel[2] += (byte)(((colour.B - pixel[2]) * weight) >> 8);
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

/// <summary>One object to be drawn.</summary>
/// <param name="Id">Decides the colour.</param>
/// <param name="Mask">Its pixels; of the picture's size.</param>
/// <param name="Label">A short text beside it, if any.</param>
public sealed record OverlayObject(long Id, BinaryMask Mask, string? Label = null)
{
    /// <summary>The colour; that of the id unless set.</summary>
    public Rgb Colour { get; init; } = ObjectColours.Of(Id);
}

/// <summary>The prompts to be shown in an overlay.</summary>
public sealed record OverlayPrompts
{
    /// <summary>Clicks: position in pixels and whether they include (label 1) or exclude (label 0).</summary>
    public IReadOnlyList<(double X, double Y, bool Positive)> Points { get; init; } = [];

    /// <summary>Boxes: upper left and lower right corner in pixels, and the object they belong to.</summary>
    public IReadOnlyList<(double X0, double Y0, double X1, double Y1, long Id)> Boxes { get; init; } = [];
}

/// <summary>How masks are drawn.</summary>
public sealed record OverlayStyle
{
    /// <summary>The style used where none is given.</summary>
    public static OverlayStyle Default { get; } = new();

    /// <summary>Contours only, so that the objects themselves are seen as they are.</summary>
    public static OverlayStyle Outline { get; } = new() { Opacity = 0 };

    /// <summary>Objects as they are, outlined, everything else darkened.</summary>
    public static OverlayStyle Spotlight { get; } = new() { Opacity = 0, BackgroundBrightness = 0.3 };

    /// <summary>The styles by name.</summary>
    public static IReadOnlyDictionary<string, OverlayStyle> ByName { get; } =
        new Dictionary<string, OverlayStyle> { ["fill"] = Default, ["outline"] = Outline, ["spotlight"] = Spotlight };

    /// <summary>Opacity of the fill, 0 (none) to 1.</summary>
    public double Opacity { get; init; } = 0.45;

    /// <summary>Width of contours, boxes and rings in pixels; 0 draws no contours, null fits the picture's size.</summary>
    public double? LineWidth { get; init; }

    /// <summary>Brightness of everything that belongs to no object, from 0 (black) to 1 (unchanged).</summary>
    public double BackgroundBrightness { get; init; } = 1;

    /// <summary>The line width for a picture: 2 pixels at 600 pixels of its shorter side, in proportion, and at least 2, because thinner lines lose their colour in videos.</summary>
    internal double LineWidthFor(int width, int height) => LineWidth ?? Math.Max(2, Math.Min(width, height) / 300.0);
}
