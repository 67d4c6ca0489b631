using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>
/// Draws the outline of masks: a line in the object's colour inside a dark one, which keeps it readable on light and dark
/// pictures. The line follows the edges between pixels; a small brush moved along them smooths the steps.
/// </summary>
internal sealed class ContourLayer
{
    private const double HaloOpacity = 0.55;

    private readonly RgbImage _image;
    private readonly byte[] _coverage;
    private readonly Brush _vertical;
    private readonly Brush _horizontal;

    /// <summary>Prepares brushes for lines of a width on a picture.</summary>
    public ContourLayer(RgbImage image, double lineWidth)
    {
        _image = image;
        _coverage = new byte[image.Width * image.Height * 2];
        double halo = Math.Max(1, lineWidth * 0.5);
        _vertical = new Brush(lineWidth / 2, halo, 0.5, 0);
        _horizontal = new Brush(lineWidth / 2, halo, 0, 0.5);
    }

    /// <summary>Draws the outline of one mask.</summary>
    public void Draw(BinaryMask mask, Rgb colour)
    {
        var (left, top, width, height) = mask.BoundingBox;
        if (width == 0)
        {
            return;
        }

        for (int y = top; y < top + height; y++)
        {
            var row = mask.Row(y);
            for (int x = Math.Max(left - 1, 0); x < left + width && x + 1 < mask.Width; x++)
            {
                if (row[x] != row[x + 1])
                {
                    Stamp(_vertical, x, y);
                }
            }
        }

        for (int y = Math.Max(top - 1, 0); y < top + height && y + 1 < mask.Height; y++)
        {
            var row = mask.Row(y);
            var below = mask.Row(y + 1);
            for (int x = left; x < left + width; x++)
            {
                if (row[x] != below[x])
                {
                    Stamp(_horizontal, x, y);
                }
            }
        }

        int reach = _vertical.Radius + 1;
        Blend(
            Math.Max(0, left - reach), Math.Max(0, top - reach),
            Math.Min(mask.Width, left + width + reach), Math.Min(mask.Height, top + height + reach), colour);
    }

    private void Stamp(Brush brush, int cx, int cy)
    {
        int radius = brush.Radius;
        int side = (2 * radius) + 1;
        int x0 = Math.Max(0, cx - radius), x1 = Math.Min(_image.Width - 1, cx + radius);
        for (int y = Math.Max(0, cy - radius); y <= Math.Min(_image.Height - 1, cy + radius); y++)
        {
            int from = (((y - cy + radius) * side) + x0 - cx + radius) * 2;
            int to = ((y * _image.Width) + x0) * 2;
            for (int i = 0; i < (x1 - x0 + 1) * 2; i++)
            {
                _coverage[to + i] = Math.Max(_coverage[to + i], brush.Coverage[from + i]);
            }
        }
    }

    /// <summary>Puts what the brushes left onto the picture and wipes the layer.</summary>
    private void Blend(int x0, int y0, int x1, int y1, Rgb colour)
    {
        for (int y = y0; y < y1; y++)
        {
            for (int i = (y * _image.Width) + x0; i < (y * _image.Width) + x1; i++)
            {
                int line = _coverage[2 * i], halo = _coverage[(2 * i) + 1];
                if (halo == 0)
                {
                    continue;
                }

                var pixel = _image.Pixels.AsSpan(3 * i, 3);
                Canvas.Mix(pixel, default, (int)(halo * HaloOpacity));
                Canvas.Mix(pixel, colour, line + (line >> 7));
                _coverage[2 * i] = _coverage[(2 * i) + 1] = 0;
            }
        }
    }

    /// <summary>How much of the pixels around an edge the line and its halo cover: pairs of bytes.</summary>
    private sealed class Brush
    {
        public Brush(double lineRadius, double halo, double offsetX, double offsetY)
        {
            Radius = (int)Math.Ceiling(lineRadius + halo + 1);
            int side = (2 * Radius) + 1;
            Coverage = new byte[side * side * 2];
            for (int i = 0; i < side * side; i++)
            {
                double dx = (i % side) - Radius - offsetX, dy = (i / side) - Radius - offsetY;
                double distance = Math.Sqrt((dx * dx) + (dy * dy));
                Coverage[2 * i] = ToByte(lineRadius + 0.5 - distance);
                Coverage[(2 * i) + 1] = ToByte(lineRadius + halo + 0.5 - distance);
            }
        }

        public int Radius { get; }

        public byte[] Coverage { get; }

        private static byte ToByte(double coverage) => (byte)Math.Round(Math.Clamp(coverage, 0, 1) * 255);
    }
}
