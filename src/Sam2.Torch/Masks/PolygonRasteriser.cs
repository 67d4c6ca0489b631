namespace Sam2.Torch.Masks;

/// <summary>
/// Turns polygons into masks with pycocotools' rule, so that areas and scores of COCO annotations agree to the pixel: edges are
/// traced on a grid five times as fine, and a column of pixels changes value where the trace passes its middle.
/// </summary>
public static class PolygonRasteriser
{
    private const int Fineness = 5;

    /// <summary>
    /// How far the outlines of one mask may run, in pixels. The boundary of noise on 100 megapixels is as long; without a limit a
    /// small file that crosses a large picture to and fro would fill the memory.
    /// </summary>
    private const double LongestOutline = 1e8;

    /// <summary>Fills one polygon.</summary>
    /// <param name="vertices">x and y of each vertex in turn, in pixels; the last is joined to the first.</param>
    /// <param name="height">Height of the mask in pixels.</param>
    /// <param name="width">Width of the mask in pixels.</param>
    /// <exception cref="ArgumentException">Fewer than three vertices, an odd number of coordinates, or one that is not finite.</exception>
    public static CocoRle Fill(IReadOnlyList<double> vertices, int height, int width)
    {
        Validate([vertices], height, width);
        var changes = new List<long>();
        int corners = vertices.Count / 2;
        var crossing = new Crossings(changes, height, width);
        var (startX, startY) = Fine(vertices, 0);
        int x = startX, y = startY;
        for (int corner = 1; corner <= corners; corner++)
        {
            var (nextX, nextY) = corner == corners ? (startX, startY) : Fine(vertices, corner);
            Trace(x, y, nextX, nextY, crossing);
            (x, y) = (nextX, nextY);
        }

        changes.Add((long)height * width);
        changes.Sort();
        return new CocoRle(height, width, ToRuns(changes));
    }

    /// <summary>Fills several polygons into one mask: what belongs to any of them belongs to it.</summary>
    /// <param name="polygons">At least one polygon.</param>
    /// <param name="height">Height of the mask in pixels.</param>
    /// <param name="width">Width of the mask in pixels.</param>
    /// <exception cref="ArgumentException">There are none, or one is not a polygon.</exception>
    public static CocoRle FillAll(IReadOnlyList<IReadOnlyList<double>> polygons, int height, int width)
    {
        Validate(polygons, height, width);
        return CocoRle.Merge([.. polygons.Select(p => Fill(p, height, width))]);
    }

    /// <summary>Checks that polygons can be filled, without filling them.</summary>
    /// <param name="polygons">Polygons: x and y of each vertex in turn, in pixels.</param>
    /// <param name="height">Height of the mask in pixels.</param>
    /// <param name="width">Width of the mask in pixels.</param>
    /// <exception cref="ArgumentException">They can't.</exception>
    public static void Validate(IReadOnlyList<IReadOnlyList<double>> polygons, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        double length = 0;
        foreach (var vertices in polygons)
        {
            ArgumentNullException.ThrowIfNull(vertices, nameof(polygons));
            if (vertices.Count < 6 || vertices.Count % 2 != 0)
            {
                throw new ArgumentException(
                    $"A polygon has at least three vertices, x and y each, not {vertices.Count} numbers.", nameof(polygons));
            }

            // Far outside, coordinates mean nothing for the mask but would make the trace endless.
            double limit = 4.0 * Math.Max(height, width);
            double previousX = vertices[^2], previousY = vertices[^1];
            for (int i = 0; i < vertices.Count; i += 2)
            {
                double x = vertices[i], y = vertices[i + 1];
                if (!(Math.Abs(x) <= limit && Math.Abs(y) <= limit))
                {
                    throw new ArgumentException(
                        $"A vertex lies further than {limit} pixels from the picture's corner, or is not a number.", nameof(polygons));
                }

                length += Math.Max(Math.Abs(x - previousX), Math.Abs(y - previousY));
                (previousX, previousY) = (x, y);
            }
        }

        if (length > LongestOutline)
        {
            throw new ArgumentException($"The outlines of one mask are {length:0} pixels long; {LongestOutline:0} is the limit.", nameof(polygons));
        }
    }

    private static (int X, int Y) Fine(IReadOnlyList<double> vertices, int corner) =>
        ((int)((Fineness * vertices[2 * corner]) + 0.5), (int)((Fineness * vertices[(2 * corner) + 1]) + 0.5));

    /// <summary>Visits the fine points of one edge, in steps along its longer direction.</summary>
    private static void Trace(int x0, int y0, int x1, int y1, Crossings crossing)
    {
        int dx = Math.Abs(x1 - x0), dy = Math.Abs(y1 - y0);
        bool alongX = dx >= dy;

        // The slope is always taken from the lower to the higher coordinate, so both directions round alike.
        bool reversed = alongX ? x0 > x1 : y0 > y1;
        var (lowX, lowY, highX, highY) = reversed ? (x1, y1, x0, y0) : (x0, y0, x1, y1);
        int steps = alongX ? dx : dy;
        double slope = steps == 0 ? 0 : alongX ? (double)(highY - lowY) / dx : (double)(highX - lowX) / dy;
        for (int step = 0; step <= steps; step++)
        {
            int at = reversed ? steps - step : step;
            if (alongX)
            {
                crossing.Visit(lowX + at, (int)(lowY + (slope * at) + 0.5));
            }
            else
            {
                crossing.Visit((int)(lowX + (slope * at) + 0.5), lowY + at);
            }
        }
    }

    /// <summary>Run lengths between sorted positions; two changes at one place cancel out.</summary>
    private static uint[] ToRuns(List<long> changes)
    {
        var differences = new List<long>();
        long previous = 0;
        foreach (long change in changes)
        {
            differences.Add(change - previous);
            previous = change;
        }

        var runs = new List<uint> { (uint)differences[0] };
        for (int i = 1; i < differences.Count; i++)
        {
            if (differences[i] > 0)
            {
                runs.Add((uint)differences[i]);
            }
            else if (i + 1 < differences.Count)
            {
                runs[^1] += (uint)differences[++i];
            }
        }

        return [.. runs];
    }

    /// <summary>Notes where the trace passes from one fine column to the next in the middle of a pixel column.</summary>
    private sealed class Crossings(List<long> changes, int height, int width)
    {
        private bool _begun;
        private int _x;
        private int _y;

        public void Visit(int x, int y)
        {
            if (_begun && x != _x)
            {
                double column = (((x < _x ? x : x - 1) + 0.5) / Fineness) - 0.5;
                if (Math.Floor(column) == column && column >= 0 && column <= width - 1)
                {
                    double row = Math.Ceiling(Math.Clamp(((Math.Min(y, _y) + 0.5) / Fineness) - 0.5, 0, height));
                    changes.Add(((long)column * height) + (long)row);
                }
            }

            (_begun, _x, _y) = (true, x, y);
        }
    }
}
