namespace Sam2.Torch.Masks;

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
