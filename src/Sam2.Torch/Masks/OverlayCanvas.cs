using Sam2.Torch.Media;
using SkiaSharp;

namespace Sam2.Torch.Masks;

/// <summary>
/// Draws outlines, prompts and labels on a copy of a picture with SkiaSharp, antialiased and clipped. Everything has a dark
/// rim, which keeps it readable on light and dark pictures.
/// </summary>
internal sealed class OverlayCanvas : IDisposable
{
    private const byte RimOpacity = 140;

    private static readonly SKColor Include = new(30, 190, 80);
    private static readonly SKColor Exclude = new(225, 45, 45);

    private readonly SKBitmap _bitmap;
    private readonly SKCanvas _canvas;
    private readonly SKPaint _paint = new() { IsAntialias = true, StrokeJoin = SKStrokeJoin.Round, StrokeCap = SKStrokeCap.Round };
    private readonly LabelFont _font;
    private readonly List<SKRectI> _labels = [];

    /// <summary>Copies a picture to draw on.</summary>
    public OverlayCanvas(RgbImage image)
    {
        _bitmap = SkiaPixels.ToBitmap(image);
        _canvas = new SKCanvas(_bitmap);

        // 20 pixels at 540 pixels of the picture's shorter side, in proportion, and always readable.
        _font = new LabelFont(LabelFont.SystemTypeface, Math.Max(10, Math.Min(image.Width, image.Height) / 27f));
    }

    /// <summary>A picture with what was drawn.</summary>
    public RgbImage ToImage()
    {
        _canvas.Flush();
        return SkiaPixels.ToImage(_bitmap);
    }

    /// <summary>Draws the outline of a mask: a line along the edges between pixels. The picture's border is no edge.</summary>
    public void Outline(BinaryMask mask, Rgb colour, double width)
    {
        double rim = Math.Max(1, width * 0.5);
        using var path = Edges(mask, (float)(width + rim + 2));
        Stroke(SKColors.Black.WithAlpha(RimOpacity), width + (2 * rim));
        _canvas.DrawPath(path, _paint);
        Stroke(Skia(colour), width);
        _canvas.DrawPath(path, _paint);
    }

    /// <summary>Draws clicks as discs with a plus or minus, and boxes in their objects' colours.</summary>
    public void Prompts(OverlayPrompts prompts, double line)
    {
        // Prompts have pixel centres at whole numbers, Skia has pixel corners there.
        _canvas.Save();
        _canvas.Translate(0.5f, 0.5f);
        foreach (var (x0, y0, x1, y1, id) in prompts.Boxes)
        {
            var box = new SKRect((float)x0, (float)y0, (float)x1, (float)y1);
            Stroke(SKColors.Black.WithAlpha(RimOpacity), line * 2);
            _canvas.DrawRect(box, _paint);
            Stroke(Skia(ObjectColours.Of(id)), line);
            _canvas.DrawRect(box, _paint);
        }

        double radius = Math.Max(4, line * 3);
        foreach (var (x, y, positive) in prompts.Points)
        {
            var (cx, cy, arm) = ((float)x, (float)y, (float)(radius * 0.5));
            Disc(cx, cy, radius + (line * 1.5), SKColors.Black.WithAlpha(RimOpacity));
            Disc(cx, cy, radius + (line * 0.75), SKColors.White);
            Disc(cx, cy, radius, positive ? Include : Exclude);
            Stroke(SKColors.White, line * 0.9);
            _canvas.DrawLine(cx - arm, cy, cx + arm, cy, _paint);
            if (positive)
            {
                _canvas.DrawLine(cx, cy - arm, cx, cy + arm, _paint);
            }
        }

        _canvas.Restore();
    }

    /// <summary>
    /// Writes an object's label, black on a tab of its colour, beside its largest part; nothing if it has none, or no pixels. Labels
    /// don't cover each other and stay within the picture.
    /// </summary>
    public void Label(OverlayObject item)
    {
        if (string.IsNullOrEmpty(item.Label) || LargestPart(item.Mask) is not { } part)
        {
            return;
        }

        int padding = (int)Math.Ceiling(_font.Size * 0.2f);
        var tab = Place(part, (int)Math.Ceiling(_font.Measure(item.Label)) + (2 * padding), (int)Math.Ceiling(_font.Height) + padding);
        _labels.Add(tab);
        _paint.Style = SKPaintStyle.Fill;
        _paint.Color = SKColors.Black.WithAlpha(RimOpacity);
        _canvas.DrawRoundRect(SKRect.Inflate(tab, 1, 1), padding + 1, padding + 1, _paint);
        _paint.Color = Skia(item.Colour);
        _canvas.DrawRoundRect(tab, padding, padding, _paint);
        _paint.Color = SKColors.Black;
        _font.Draw(_canvas, _paint, item.Label, tab.Left + padding, tab.Top + (padding / 2f));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _font.Dispose();
        _paint.Dispose();
        _canvas.Dispose();
        _bitmap.Dispose();
    }

    private static SKColor Skia(Rgb colour) => new(colour.R, colour.G, colour.B);

    private void Stroke(SKColor colour, double width)
    {
        _paint.Style = SKPaintStyle.Stroke;
        _paint.Color = colour;
        _paint.StrokeWidth = (float)width;
    }

    private void Disc(float x, float y, double radius, SKColor colour)
    {
        _paint.Style = SKPaintStyle.Fill;
        _paint.Color = colour;
        _canvas.DrawCircle(x, y, (float)radius, _paint);
    }

    /// <summary>
    /// The rings around a mask's parts and holes. They go from the middle of one pixel's side to the middle of the next one's, which
    /// cuts corners and makes slanted lines of steps. Edges on the picture's border are moved out of sight.
    /// </summary>
    private static SKPath Edges(BinaryMask mask, float outside)
    {
        using var path = new SKPathBuilder();
        foreach (var part in MaskPolygon.Trace(mask))
        {
            foreach (int[] ring in part.Holes.Prepend(part.Outer))
            {
                bool isFirst = true;
                for (int i = 0; i < ring.Length; i += 2)
                {
                    int next = (i + 2) % ring.Length;
                    var (x0, y0, x1, y1) = (ring[i], ring[i + 1], ring[next], ring[next + 1]);
                    float halfX = Math.Sign(x1 - x0) * 0.5f, halfY = Math.Sign(y1 - y0) * 0.5f;
                    Add(x0 + halfX, y0 + halfY);
                    if (Math.Abs(x1 - x0) + Math.Abs(y1 - y0) > 1)
                    {
                        Add(x1 - halfX, y1 - halfY);
                    }
                }

                path.Close();

                void Add(float x, float y)
                {
                    x = x <= 0 ? -outside : x >= mask.Width ? mask.Width + outside : x;
                    y = y <= 0 ? -outside : y >= mask.Height ? mask.Height + outside : y;
                    if (isFirst)
                    {
                        path.MoveTo(x, y);
                        isFirst = false;
                    }
                    else
                    {
                        path.LineTo(x, y);
                    }
                }
            }
        }

        return path.Detach();
    }

    /// <summary>The box of a mask's largest part: stray pixels must not lead the label away from the object.</summary>
    private static SKRectI? LargestPart(BinaryMask mask)
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

        return new SKRectI(left, top, right, bottom);
    }

    /// <summary>The first free place: above the object, inside its upper edge, below it; left, then right; else above regardless.</summary>
    private SKRectI Place(SKRectI part, int width, int height)
    {
        int gap = Math.Max(1, height / 11);
        (int X, int Y)[] places =
        [
            (part.Left, part.Top - height - gap), (part.Right - width, part.Top - height - gap),
            (part.Left, part.Top + gap), (part.Right - width, part.Top + gap),
            (part.Left, part.Bottom + gap), (part.Right - width, part.Bottom + gap),
        ];
        foreach (var (x, y) in places)
        {
            var tab = SKRectI.Create(Math.Clamp(x, 0, Math.Max(0, _bitmap.Width - width)), y, width, height);
            if (y >= 0 && tab.Bottom <= _bitmap.Height && !_labels.Any(tab.IntersectsWith))
            {
                return tab;
            }
        }

        int firstY = places[0].Y < 0 ? places[2].Y : places[0].Y;
        return SKRectI.Create(
            Math.Clamp(part.Left, 0, Math.Max(0, _bitmap.Width - width)), Math.Clamp(firstY, 0, Math.Max(0, _bitmap.Height - height)), width, height);
    }
}
