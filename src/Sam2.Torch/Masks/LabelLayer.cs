using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>
/// Writes labels beside objects: black on a tab of the object's colour, which a dark rim sets off from light and dark pictures.
/// Labels evade each other and stay within the picture.
/// </summary>
internal sealed class LabelLayer(Canvas canvas, int width, int height)
{
    /// <summary>Side of a dot of the font: 2 pixels at 480 pixels of the picture's shorter side, in proportion.</summary>
    private readonly int _scale = Math.Max(1, (int)Math.Round(Math.Min(width, height) / 240.0));
    private readonly List<(int X, int Y, int Width, int Height)> _taken = [];

    /// <summary>Writes an object's label; nothing if it has none, or no pixels.</summary>
    public void Draw(OverlayObject item)
    {
        if (string.IsNullOrEmpty(item.Label) || LargestPart(item.Mask) is not { } box)
        {
            return;
        }

        int padding = 2 * _scale;
        int labelWidth = (BitmapFont.Measure(item.Label) * _scale) + (2 * padding);
        int labelHeight = (BitmapFont.Height * _scale) + (2 * padding);
        var (x, y) = Place(box, labelWidth, labelHeight);
        _taken.Add((x, y, labelWidth, labelHeight));
        canvas.Box(x - 1, y - 1, x + labelWidth, y + labelHeight, new Rgb(0, 0, 0), 0.5, padding);
        canvas.Box(x, y, x + labelWidth - 1, y + labelHeight - 1, item.Colour, 1, padding);
        canvas.Text(x + padding, y + padding, item.Label, _scale, new Rgb(0, 0, 0));
    }

    /// <summary>The box of a mask's largest part: stray pixels must not lead the label away from the object.</summary>
    private static (int X, int Y, int Width, int Height)? LargestPart(BinaryMask mask)
    {
        var parts = new RunComponents();
        parts.Find(mask.Data, mask.Height, mask.Width, 1);
        if (parts.RunCount == 0)
        {
            return null;
        }

        int largest = Enumerable.Range(0, parts.Areas.Count).MaxBy(i => parts.Areas[i]);
        int left = int.MaxValue, right = 0, top = int.MaxValue, bottom = 0;
        for (int i = 0; i < parts.RunCount; i++)
        {
            var (run, part) = parts[i];
            if (part == largest)
            {
                int x = run.Start % mask.Width, y = run.Start / mask.Width;
                (left, right) = (Math.Min(left, x), Math.Max(right, x + run.Length));
                (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y + 1));
            }
        }

        return (left, top, right - left, bottom - top);
    }

    /// <summary>The first free place: above the object, inside its upper edge, below it; left, then right; else above regardless.</summary>
    private (int X, int Y) Place((int X, int Y, int Width, int Height) box, int labelWidth, int labelHeight)
    {
        int right = box.X + box.Width - labelWidth, bottom = box.Y + box.Height;
        (int X, int Y)[] places =
        [
            (box.X, box.Y - labelHeight - _scale), (right, box.Y - labelHeight - _scale),
            (box.X, box.Y + _scale), (right, box.Y + _scale),
            (box.X, bottom + _scale), (right, bottom + _scale),
        ];
        foreach (var (x, y) in places)
        {
            bool isInside = y >= 0 && y + labelHeight <= height;
            int clampedX = Math.Clamp(x, 0, Math.Max(0, width - labelWidth));
            if (isInside && !_taken.Any(t => clampedX < t.X + t.Width && t.X < clampedX + labelWidth && y < t.Y + t.Height && t.Y < y + labelHeight))
            {
                return (clampedX, y);
            }
        }

        int firstY = places[0].Y < 0 ? places[2].Y : places[0].Y;
        return (Math.Clamp(box.X, 0, Math.Max(0, width - labelWidth)), Math.Clamp(firstY, 0, Math.Max(0, height - labelHeight)));
    }
}
