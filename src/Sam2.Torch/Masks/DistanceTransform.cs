namespace Sam2.Torch.Masks;

/// <summary>
/// The exact Euclidean distance transform in linear time (Meijster, Roerdink and Hesselink, "A general algorithm for
/// computing distance transforms in linear time", 2000), in integer arithmetic.
/// </summary>
public static class DistanceTransform
{
    /// <summary>
    /// Squared distances, in pixels, from each pixel of a mask to the nearest pixel outside of it. Everything beyond the
    /// picture's border counts as outside.
    /// </summary>
    /// <param name="mask">The mask.</param>
    /// <returns>Row-major; 0 outside the mask, at least 1 inside.</returns>
    public static int[] Squared(BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var result = ColumnDistances(mask);
        // One more place on either side: the columns beyond the border, which are outside the mask.
        var column = new int[mask.Width + 2];
        var envelope = new Parabola[mask.Width + 2];
        for (var y = 0; y < mask.Height; y++) ScanRow(result.AsSpan(y * mask.Width, mask.Width), column, envelope);
        return result;
    }

    /// <summary>
    /// The innermost pixel of a mask: the one farthest from its boundary, the first in reading order if there are several.
    /// </summary>
    /// <param name="mask">The mask.</param>
    /// <returns>Column, row, and squared distance to the boundary; (0, 0, 0) for an empty mask.</returns>
    public static (int X, int Y, int SquaredDistance) Innermost(BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var (left, top, width, height) = mask.BoundingBox;
        if (width == 0) return (0, 0, 0);

        // A mask has no pixels outside its box, so the box alone gives the same distances.
        var inBox = new BinaryMask(height, width);
        for (var y = 0; y < height; y++) mask.Row(top + y).Slice(left, width).CopyTo(inBox.Row(y));
        var distances = Squared(inBox);
        var best = 0;
        for (var i = 1; i < distances.Length; i++)
            if (distances[i] > distances[best])
                best = i;
        return (left + (best % width), top + (best / width), distances[best]);
    }

    /// <summary>Distances to the nearest pixel outside the mask in the same column.</summary>
    private static int[] ColumnDistances(BinaryMask mask)
    {
        int width = mask.Width, height = mask.Height;
        var distances = new int[width * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var i = (y * width) + x;
                distances[i] = mask.Data[i] == 0 ? 0 : y == 0 ? 1 : distances[i - width] + 1;
            }
        }

        for (var y = height - 1; y >= 0; y--)
        {
            for (var x = 0; x < width; x++)
            {
                var i = (y * width) + x;
                distances[i] = Math.Min(distances[i], y == height - 1 ? 1 : distances[i + width] + 1);
            }
        }

        return distances;
    }

    /// <summary>Replaces a row's column distances by squared distances: the lower envelope of one parabola per column.</summary>
    private static void ScanRow(Span<int> row, int[] column, Parabola[] envelope)
    {
        column[0] = column[^1] = 0;
        row.CopyTo(column.AsSpan(1));
        var last = 0;
        envelope[0] = new(0, 0);
        for (var u = 1; u < column.Length; u++)
        {
            while (last >= 0 && Height(column, envelope[last].Centre, envelope[last].From) > Height(column, u, envelope[last].From)) last--;
            if (last < 0)
            {
                envelope[last = 0] = new(u, 0);
                continue;
            }

            var from = Crossing(column, envelope[last].Centre, u) + 1;
            if (from < column.Length) envelope[++last] = new(u, from);
        }

        for (var u = column.Length - 1; u >= 0; u--)
        {
            if (u >= 1 && u <= row.Length) row[u - 1] = Height(column, envelope[last].Centre, u);
            if (u == envelope[last].From) last--;
        }
    }

    private static int Height(int[] column, int centre, int x) => ((x - centre) * (x - centre)) + (column[centre] * column[centre]);

    /// <summary>The last place where the parabola of the left column is not above that of the right one.</summary>
    private static int Crossing(int[] column, int left, int right)
    {
        var numerator = ((long)right * right) - ((long)left * left) + ((long)column[right] * column[right]) - ((long)column[left] * column[left]);
        return (int)(numerator / (2 * (right - left)));
    }

    /// <summary>A parabola of the envelope: its column, and the first place where it is the lowest.</summary>
    private readonly record struct Parabola(int Centre, int From);
}
