namespace Sam2.Torch.Masks;

/// <summary>
/// A connected part of a mask as polygons along the edges between pixels: vertices are corners of pixels (whole numbers; the
/// picture's upper left corner is 0, 0). Unlike contours through pixel centres (OpenCV's), which lose half a pixel all around and
/// turn narrow parts into lines, these enclose exactly the mask's area, and <see cref="PolygonRasteriser"/>, like pycocotools,
/// fills them to exactly the same mask.
/// </summary>
/// <param name="Outer">The outline, clockwise as seen on the screen: x and y of each vertex in turn.</param>
/// <param name="Holes">The outlines of the holes, counter-clockwise.</param>
public sealed record MaskPolygon(int[] Outer, IReadOnlyList<int[]> Holes)
{
    /// <summary>The number of pixels inside.</summary>
    public long Area => SignedArea(Outer) + Holes.Sum(SignedArea);

    /// <summary>The connected parts of a mask; pixels that touch only at a corner are apart.</summary>
    /// <returns>In raster order of each part's first pixel; none for an empty mask.</returns>
    public static IReadOnlyList<MaskPolygon> Trace(BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var (left, top, width, height) = mask.BoundingBox;
        if (width == 0)
        {
            return [];
        }

        // With a margin of one pixel the tracer needs no checks for the picture's border.
        int stride = width + 2;
        var pixels = new byte[stride * (height + 2)];
        for (int y = 0; y < height; y++)
        {
            mask.Row(top + y).Slice(left, width).CopyTo(pixels.AsSpan(((y + 1) * stride) + 1));
        }

        return new RingTracer(pixels, stride, height + 2, left - 1, top - 1).Trace();
    }

    /// <inheritdoc cref="Trace(BinaryMask)"/>
    public static IReadOnlyList<MaskPolygon> Trace(CocoRle mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Trace(mask.Decode());
    }

    /// <summary>
    /// Outline and holes as one ring, for formats whose polygons have no holes: lines there and back lead from the outline to
    /// each hole. They enclose nothing, so the ring fills to the same mask.
    /// </summary>
    /// <returns>x and y of each vertex in turn.</returns>
    public int[] ToSingleRing() => Join([Outer, .. Holes]);

    /// <summary>Several parts with their holes as one ring, for formats with one polygon per object.</summary>
    /// <returns>x and y of each vertex in turn; empty if there are no parts.</returns>
    public static int[] ToSingleRing(IReadOnlyList<MaskPolygon> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return Join([.. parts.SelectMany(part => part.Holes.Prepend(part.Outer))]);
    }

    /// <summary>Goes once around each ring, from the first vertex of one to the first vertex of the next, and all the way back.</summary>
    private static int[] Join(IReadOnlyList<int[]> rings)
    {
        if (rings.Count == 1)
        {
            return rings[0];
        }

        var joined = new List<int>(rings.Sum(ring => ring.Length + 4));
        foreach (var ring in rings)
        {
            joined.AddRange(ring);
            joined.AddRange(ring.AsSpan(0, 2));
        }

        for (int i = rings.Count - 2; i > 0; i--)
        {
            joined.AddRange(rings[i].AsSpan(0, 2));
        }

        return [.. joined];
    }

    /// <summary>The shoelace formula, positive for clockwise rings (y points down).</summary>
    private static long SignedArea(int[] ring)
    {
        long twice = 0;
        for (int i = 0; i < ring.Length; i += 2)
        {
            int next = (i + 2) % ring.Length;
            twice += ((long)ring[i] * ring[next + 1]) - ((long)ring[next] * ring[i + 1]);
        }

        return twice / 2;
    }
}

/// <summary>
/// Follows the cracks between pixels of a padded mask. Every ring is found at its topmost crack: one with the mask below it
/// begins an outline, one with the mask above it begins a hole.
/// </summary>
internal sealed class RingTracer
{
    private readonly byte[] _pixels;
    private readonly int _stride;
    private readonly int _height;
    private readonly int _offsetX;
    private readonly int _offsetY;
    private readonly bool[] _visited;
    private readonly RunComponents _components = new();

    /// <param name="pixels">The mask, 0 or 1, with an empty margin of one pixel.</param>
    /// <param name="stride">Its width including the margin.</param>
    /// <param name="height">Its height including the margin.</param>
    /// <param name="offsetX">Added to the vertices' x.</param>
    /// <param name="offsetY">Added to the vertices' y.</param>
    public RingTracer(byte[] pixels, int stride, int height, int offsetX, int offsetY)
    {
        (_pixels, _stride, _height, _offsetX, _offsetY) = (pixels, stride, height, offsetX, offsetY);

        // One flag per horizontal crack: the one above pixel i has index i.
        _visited = new bool[pixels.Length];
        _components.Find(pixels, height, stride, 1, diagonal: false);
    }

    /// <summary>All parts with their holes.</summary>
    public IReadOnlyList<MaskPolygon> Trace()
    {
        // Outlines are met in the order of their parts' first pixels, which is how components are numbered.
        var outlines = new List<int[]>();
        var holes = new List<int[]>?[_components.Areas.Count];
        var crack = new byte[_stride];
        for (int y = 1; y < _height; y++)
        {
            int row = y * _stride;
            ByteSpans.Xor(_pixels.AsSpan(row, _stride), _pixels.AsSpan(row - _stride, _stride), crack);
            int x = -1;
            int step;
            while (++x < _stride && (step = crack.AsSpan(x).IndexOf((byte)1)) >= 0)
            {
                x += step;
                if (_visited[row + x])
                {
                    continue;
                }

                if (_pixels[row + x] == 1)
                {
                    outlines.Add(Follow(x, y, 1));
                }
                else
                {
                    (holes[_components.ComponentAt(row + x - _stride)] ??= []).Add(Follow(x + 1, y, -1));
                }
            }
        }

        return [.. outlines.Select((outline, i) => new MaskPolygon(outline, (IReadOnlyList<int[]>?)holes[i] ?? []))];
    }

    /// <summary>Walks around with the mask on the right hand, from a grid point to the east (1) or west (−1).</summary>
    private int[] Follow(int startX, int startY, int startDx)
    {
        var vertices = new List<int>();
        var (x, y, dx, dy) = (startX, startY, startDx, 0);
        do
        {
            if (dx != 0)
            {
                _visited[(y * _stride) + (dx > 0 ? x : x - 1)] = true;
            }

            x += dx;
            y += dy;
            var (turnX, turnY) = Turn(x, y, dx, dy);
            if (turnX != dx)
            {
                vertices.Add(x + _offsetX);
                vertices.Add(y + _offsetY);
            }

            (dx, dy) = (turnX, turnY);
        }
        while (x != startX || y != startY || dx != startDx);
        return [.. vertices];
    }

    /// <summary>
    /// The direction in which the boundary goes on at a grid point: right where no pixel is ahead on the right, left where one
    /// is ahead on the left too, else straight on. Turning right at once keeps pixels apart that touch at a corner.
    /// </summary>
    private (int Dx, int Dy) Turn(int x, int y, int dx, int dy)
    {
        // The pixels ahead of (x, y): on the right hand (−dy, dx) and on the left hand.
        bool right = Pixel(x, y, dx - dy, dy + dx);
        if (!right)
        {
            return (-dy, dx);
        }

        return Pixel(x, y, dx + dy, dy - dx) ? (dy, -dx) : (dx, dy);
    }

    /// <summary>The pixel in a diagonal direction (±1, ±1) of a grid point.</summary>
    private bool Pixel(int x, int y, int directionX, int directionY) =>
        _pixels[((directionY > 0 ? y : y - 1) * _stride) + (directionX > 0 ? x : x - 1)] != 0;
}
