using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>
/// Antialiased shapes drawn on a picture. Coordinates are in pixels with pixel centres at whole numbers; everything is clipped.
/// </summary>
internal sealed class Canvas(RgbImage image)
{
    /// <summary>Mixes a colour into one pixel.</summary>
    public void Blend(int x, int y, Rgb colour, double opacity)
    {
        if ((uint)x >= (uint)image.Width || (uint)y >= (uint)image.Height)
        {
            return;
        }

        Mix(image.Pixels.AsSpan(((y * image.Width) + x) * 3, 3), colour, (int)Math.Round(Math.Clamp(opacity, 0, 1) * 256));
    }

    /// <summary>Mixes a colour into three bytes; <paramref name="weight"/> 256 replaces them.</summary>
    public static void Mix(Span<byte> pixel, Rgb colour, int weight)
    {
        pixel[0] += (byte)(((colour.R - pixel[0]) * weight) >> 8);
        pixel[1] += (byte)(((colour.G - pixel[1]) * weight) >> 8);
        pixel[2] += (byte)(((colour.B - pixel[2]) * weight) >> 8);
    }

    /// <summary>A filled disc.</summary>
    public void Disc(double x, double y, double radius, Rgb colour, double opacity = 1) =>
        Fill(x - radius, y - radius, x + radius, y + radius, colour, opacity, (px, py) => Math.Sqrt(Square(px - x) + Square(py - y)) - radius);

    /// <summary>A straight line with round ends.</summary>
    public void Line(double x0, double y0, double x1, double y1, double width, Rgb colour, double opacity = 1)
    {
        double half = width / 2;
        double dx = x1 - x0, dy = y1 - y0;
        double length = Math.Max((dx * dx) + (dy * dy), 1e-9);
        Fill(
            Math.Min(x0, x1) - half, Math.Min(y0, y1) - half, Math.Max(x0, x1) + half, Math.Max(y0, y1) + half, colour, opacity,
            (px, py) =>
            {
                double along = Math.Clamp((((px - x0) * dx) + ((py - y0) * dy)) / length, 0, 1);
                return Math.Sqrt(Square(px - x0 - (along * dx)) + Square(py - y0 - (along * dy))) - half;
            });
    }

    /// <summary>The outline of a box, its line centred on the edges.</summary>
    public void Rectangle(double x0, double y0, double x1, double y1, double width, Rgb colour, double opacity = 1)
    {
        // Four thin boxes, so that a large frame does not visit its inside.
        double h = width / 2;
        Box(x0 - h, y0 - h, x1 + h, y0 + h, colour, opacity);
        Box(x0 - h, y1 - h, x1 + h, y1 + h, colour, opacity);
        Box(x0 - h, y0 + h, x0 + h, y1 - h, colour, opacity);
        Box(x1 - h, y0 + h, x1 + h, y1 - h, colour, opacity);
    }

    /// <summary>A filled box with optionally rounded corners.</summary>
    public void Box(double x0, double y0, double x1, double y1, Rgb colour, double opacity = 1, double rounding = 0)
    {
        double cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
        double halfX = ((x1 - x0) / 2) - rounding, halfY = ((y1 - y0) / 2) - rounding;
        Fill(x0, y0, x1, y1, colour, opacity, (px, py) =>
        {
            double outX = Math.Abs(px - cx) - halfX, outY = Math.Abs(py - cy) - halfY;
            double corner = Math.Sqrt(Square(Math.Max(outX, 0)) + Square(Math.Max(outY, 0)));
            return corner + Math.Min(Math.Max(outX, outY), 0) - rounding;
        });
    }

    /// <summary>One line of text in the built-in font; (x, y) is its top left corner, <paramref name="scale"/> the size of a dot.</summary>
    public void Text(int x, int y, string text, int scale, Rgb colour)
    {
        foreach (char c in text)
        {
            for (int row = 0; row < BitmapFont.Height; row++)
            {
                for (int column = 0; column < BitmapFont.Width; column++)
                {
                    if (!BitmapFont.IsSet(c, column, row))
                    {
                        continue;
                    }

                    for (int dot = 0; dot < scale * scale; dot++)
                    {
                        Blend(x + (column * scale) + (dot % scale), y + (row * scale) + (dot / scale), colour, 1);
                    }
                }
            }

            x += BitmapFont.Advance * scale;
        }
    }

    /// <summary>Fills where a signed distance is negative, fading over one pixel.</summary>
    private void Fill(
        double left, double top, double right, double bottom, Rgb colour, double opacity, Func<double, double, double> distance)
    {
        int x0 = (int)Math.Max(0, Math.Floor(left - 1)), x1 = (int)Math.Min(image.Width - 1, Math.Ceiling(right + 1));
        int y0 = (int)Math.Max(0, Math.Floor(top - 1)), y1 = (int)Math.Min(image.Height - 1, Math.Ceiling(bottom + 1));
        for (int y = y0; y <= y1; y++)
        {
            for (int x = x0; x <= x1; x++)
            {
                double coverage = Math.Clamp(0.5 - distance(x, y), 0, 1);
                if (coverage > 0)
                {
                    Blend(x, y, colour, coverage * opacity);
                }
            }
        }
    }

    private static double Square(double v) => v * v;
}
