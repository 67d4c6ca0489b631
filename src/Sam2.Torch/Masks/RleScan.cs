using System.Runtime.InteropServices;

namespace Sam2.Torch.Masks;

/// <summary>
/// Converts between row-major pixels and column-major runs. Both directions walk memory row by row and touch only the places
/// where a column changes, because stepping down columns would miss the cache at every pixel.
/// </summary>
internal static class RleScan
{
    /// <summary>Encodes zeros and ones.</summary>
    public static CocoRle Encode(byte[] data, int height, int width)
    {
        // Where the value changes against the pixel before it in column order, found in row order.
        var difference = new byte[width];
        var perColumn = new int[width];
        var found = new List<(int X, int Y)>();
        for (int y = 0; y < height; y++)
        {
            Differences(data, y, height, width, difference);
            int x = -1;
            int step;
            while (++x < width && (step = difference.AsSpan(x).IndexOf((byte)1)) >= 0)
            {
                x += step;
                perColumn[x]++;
                found.Add((x, y));
            }
        }

        // Counting sort by column; rows are in order already.
        int total = 0;
        for (int x = 0; x < width; x++)
        {
            int count = perColumn[x];
            perColumn[x] = total;
            total += count;
        }

        var positions = new long[total];
        foreach (var (x, y) in CollectionsMarshal.AsSpan(found))
        {
            positions[perColumn[x]++] = ((long)x * height) + y;
        }

        var counts = new uint[total + 1];
        long previous = 0;
        for (int i = 0; i < total; i++)
        {
            counts[i] = (uint)(positions[i] - previous);
            previous = positions[i];
        }

        counts[total] = (uint)(((long)height * width) - previous);
        return new CocoRle(height, width, counts);
    }

    /// <summary>Decodes runs into <paramref name="data"/>, which must be zero.</summary>
    public static void Decode(uint[] counts, byte[] data, int height, int width)
    {
        // Mark where columns change and where they begin with a one, then carry every row down to the next.
        long position = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            long end = position + counts[i];
            if (i % 2 == 1 && end > position)
            {
                long firstColumn = position / height;
                long lastColumn = (end - 1) / height;
                data[(int)(((position % height) * width) + firstColumn)] ^= 1;
                for (long x = firstColumn + 1; x <= lastColumn; x++)
                {
                    data[(int)x] ^= 1;
                }

                // A run that ends at the bottom of its column needs no mark.
                if (end % height != 0)
                {
                    data[(int)(((end % height) * width) + lastColumn)] ^= 1;
                }
            }

            position = end;
        }

        for (int y = 1; y < height; y++)
        {
            var row = data.AsSpan(y * width, width);
            ByteSpans.Xor(row, data.AsSpan((y - 1) * width, width), row);
        }
    }

    /// <summary>The number of pixels that both encodings hold.</summary>
    public static long IntersectionArea(uint[] a, uint[] b)
    {
        long area = 0;
        Walk(a, b, (length, inA, inB) => area += inA && inB ? length : 0);
        return area;
    }

    /// <summary>Runs of the union or the intersection, without empty runs but possibly the first.</summary>
    public static uint[] Merge(uint[] a, uint[] b, bool intersect)
    {
        var merged = new List<uint>(Math.Max(a.Length, b.Length));
        bool value = false;
        long run = 0;
        Walk(a, b, (length, inA, inB) =>
        {
            bool here = intersect ? inA && inB : inA || inB;
            if (here != value)
            {
                merged.Add((uint)run);
                run = 0;
                value = here;
            }

            run += length;
        });
        merged.Add((uint)run);
        return [.. merged];
    }

    /// <summary>Visits the pieces on which both encodings are constant.</summary>
    private static void Walk(uint[] a, uint[] b, Action<long, bool, bool> visit)
    {
        int i = 0, j = 0;
        long leftA = a.Length > 0 ? a[0] : 0;
        long leftB = b.Length > 0 ? b[0] : 0;
        while (true)
        {
            while (leftA == 0 && ++i < a.Length)
            {
                leftA = a[i];
            }

            while (leftB == 0 && ++j < b.Length)
            {
                leftB = b[j];
            }

            if (i >= a.Length || j >= b.Length)
            {
                return;
            }

            long piece = Math.Min(leftA, leftB);
            visit(piece, i % 2 == 1, j % 2 == 1);
            leftA -= piece;
            leftB -= piece;
        }
    }

    /// <summary>1 where the pixel differs from the one before it in column order, for one row.</summary>
    private static void Differences(byte[] data, int y, int height, int width, byte[] difference)
    {
        var row = data.AsSpan(y * width, width);
        if (y > 0)
        {
            ByteSpans.Xor(row, data.AsSpan((y - 1) * width, width), difference);
            return;
        }

        var bottom = data.AsSpan((height - 1) * width, width);
        difference[0] = row[0]; // Encodings begin with a run of zeros.
        ByteSpans.Xor(row[1..], bottom[..^1], difference.AsSpan(1));
    }
}
