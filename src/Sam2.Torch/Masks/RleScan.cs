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
    public static void Decode(PackedRuns runs, byte[] data, int height, int width)
    {
        // Mark where columns change and where they begin with a one, then carry every row down to the next.
        long position = 0;
        while (runs.MoveNext())
        {
            long end = position + runs.Length;
            if (runs.IsOne && end > position)
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
    public static long IntersectionArea(PackedRuns a, PackedRuns b)
    {
        long area = 0;
        for (var pieces = new Pieces(a, b); pieces.MoveNext();)
        {
            area += pieces.InA && pieces.InB ? pieces.Length : 0;
        }

        return area;
    }

    /// <summary>Runs of the union or the intersection, without empty runs but possibly the first.</summary>
    public static uint[] Merge(PackedRuns a, PackedRuns b, bool intersect)
    {
        var merged = new List<uint>();
        bool value = false;
        long run = 0;
        for (var pieces = new Pieces(a, b); pieces.MoveNext();)
        {
            bool here = intersect ? pieces.InA && pieces.InB : pieces.InA || pieces.InB;
            if (here != value)
            {
                merged.Add((uint)run);
                run = 0;
                value = here;
            }

            run += pieces.Length;
        }

        merged.Add((uint)run);
        return [.. merged];
    }

    /// <summary>The pieces on which two encodings of the same size are both constant, in order.</summary>
    private ref struct Pieces(PackedRuns a, PackedRuns b)
    {
        private PackedRuns _a = a;
        private PackedRuns _b = b;
        private long _leftA;
        private long _leftB;

        public long Length { get; private set; }

        public readonly bool InA => _a.IsOne;

        public readonly bool InB => _b.IsOne;

        public bool MoveNext()
        {
            _leftA -= Length;
            _leftB -= Length;
            while (_leftA == 0)
            {
                if (!_a.MoveNext())
                {
                    return false;
                }

                _leftA = _a.Length;
            }

            while (_leftB == 0)
            {
                if (!_b.MoveNext())
                {
                    return false;
                }

                _leftB = _b.Length;
            }

            Length = Math.Min(_leftA, _leftB);
            return true;
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
