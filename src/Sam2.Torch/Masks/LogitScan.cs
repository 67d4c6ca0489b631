using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sam2.Torch.Masks;

/// <summary>
/// Finds the mask that mask logits give at the image's size, and how stable it is, without interpolating the logits at that
/// size. Between two neighbouring logits the interpolation is linear, so only the pixels between two logits
/// on different sides of the threshold have to be computed; everything else belongs to runs. Going through the image column by
/// column gives the run lengths of COCO's encoding directly: neither logits nor a mask of the image's size ever exist.
/// A column of noise, which crosses the threshold every few pixels, is computed whole instead.
/// </summary>
/// <remarks>An instance holds tables only and may be used by many threads.</remarks>
internal sealed class LogitScan
{
    private readonly AxisInterpolation _rows;
    private readonly AxisInterpolation _columns;

    // How many pixels take as long to compute as one crossing of the threshold is to find. A mask of random logits at 600×800 pixels takes 0.56 ms instead of 2.6.
    private const int PixelsPerCrossing = 64;

    private readonly float _threshold;
    private readonly float _inner;
    private readonly float _outer;

    /// <summary>Prepares scans of logits of one size.</summary>
    /// <param name="sourceHeight">Height of the logits.</param>
    /// <param name="sourceWidth">Width of the logits.</param>
    /// <param name="height">Height of the mask in pixels.</param>
    /// <param name="width">Width of the mask in pixels.</param>
    /// <param name="threshold">Logits above it belong to the mask.</param>
    /// <param name="offset">How far the threshold moves for the stability score, not negative.</param>
    public LogitScan(int sourceHeight, int sourceWidth, int height, int width, double threshold = 0, double offset = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        _rows = new AxisInterpolation(sourceHeight, height);
        _columns = new AxisInterpolation(sourceWidth, width);
        _threshold = (float)threshold;
        _inner = (float)(threshold + offset);
        _outer = (float)(threshold - offset);
    }

    /// <summary>Scans one mask.</summary>
    /// <param name="logits">The logits, column after column: width × height values.</param>
    /// <param name="runs">Receives the mask, whose height it has. What it held before is dropped.</param>
    public ScannedMask Scan(ReadOnlySpan<float> logits, MaskRuns runs)
    {
        runs.Clear();
        int sourceHeight = _rows.Source;
        if (logits.Length != sourceHeight * _columns.Source)
        {
            throw new ArgumentException(
                $"Logits of {sourceHeight}×{_columns.Source} are {sourceHeight * _columns.Source} values, not {logits.Length}.", nameof(logits));
        }

        int padded = RoundUp(sourceHeight, Vector256<float>.Count);
        Span<float> line = new float[_rows.LineLength];
        var column = line[..padded];
        Span<ulong> bits = new ulong[3 * Words(padded)];
        Span<ulong> pixels = new ulong[3 * Words(_rows.Length)];
        Span<int> boundaries = new int[_rows.Length + 2];
        long innerArea = 0, outerArea = 0;
        for (int x = 0; x < _columns.Length; x++)
        {
            int left = _columns.Index[x];
            int right = Math.Min(left + 1, _columns.Source - 1);
            AxisInterpolation.Blend(
                logits.Slice(left * sourceHeight, sourceHeight), logits.Slice(right * sourceHeight, sourceHeight), _columns.Weight[x], line);
            Compare(column, bits);
            int words = Words(padded);
            if (!bits[..words].ContainsAnyExcept(0UL))
            {
                continue;
            }

            if (IsNoise(bits[words..(2 * words)]))
            {
                ComparePixels(line, pixels);
                int third = Words(_rows.Length);
                runs.AddColumn(x, boundaries[..Boundaries(pixels[third..(2 * third)], boundaries)]);
                (outerArea, innerArea) = (outerArea + Count(pixels[..third]), innerArea + Count(pixels[(2 * third)..]));
                continue;
            }

            outerArea += Area(bits[..words], column, _outer);
            if (!bits[words..].ContainsAnyExcept(0UL))
            {
                continue;
            }

            runs.AddColumn(x, boundaries[..Boundaries(bits[words..(2 * words)], column, boundaries)]);
            innerArea += Area(bits[(2 * words)..], column, _inner);
        }

        return new ScannedMask(runs, innerArea, outerArea);
    }

    /// <summary>One bit per value for each threshold, the lowest threshold first.</summary>
    private void Compare(ReadOnlySpan<float> column, Span<ulong> bits)
    {
        int words = Words(column.Length);
        for (int word = 0; word < words; word++)
        {
            var values = column[(64 * word)..Math.Min(64 * (word + 1), column.Length)];
            ulong outer = 0, middle = 0, inner = 0;
            for (int i = 0; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var some = Vector256.Create(values[i..]);
                outer |= (ulong)Above(some, _outer) << i;
                middle |= (ulong)Above(some, _threshold) << i;
                inner |= (ulong)Above(some, _inner) << i;
            }

            (bits[word], bits[words + word], bits[(2 * words) + word]) = (outer, middle, inner);
        }
    }

    private bool IsNoise(ReadOnlySpan<ulong> bits)
    {
        int crossings = 0;
        for (int word = 0; word < bits.Length; word++)
        {
            crossings += BitOperations.PopCount(Changes(bits, word));
        }

        return crossings * PixelsPerCrossing > _rows.Length;
    }

    /// <summary>One bit per pixel of a column for each threshold, the lowest threshold first.</summary>
    private void ComparePixels(ReadOnlySpan<float> line, Span<ulong> pixels)
    {
        int words = pixels.Length / 3;
        var outer = MemoryMarshal.AsBytes(pixels[..words]);
        var middle = MemoryMarshal.AsBytes(pixels[words..(2 * words)]);
        var inner = MemoryMarshal.AsBytes(pixels[(2 * words)..]);
        for (int row = 0; row < _rows.Length; row += Vector256<float>.Count)
        {
            var some = _rows.Pixels(line, row);
            int at = row / Vector256<float>.Count;
            (outer[at], middle[at], inner[at]) = ((byte)Above(some, _outer), (byte)Above(some, _threshold), (byte)Above(some, _inner));
        }

        if (_rows.Length % 64 != 0)
        {
            ulong inside = (1UL << (_rows.Length % 64)) - 1;
            (pixels[words - 1], pixels[(2 * words) - 1], pixels[^1]) = (pixels[words - 1] & inside, pixels[(2 * words) - 1] & inside, pixels[^1] & inside);
        }
    }

    private static long Count(ReadOnlySpan<ulong> bits)
    {
        long count = 0;
        foreach (ulong word in bits)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>The rows at which a column of the mask begins and ends, in turns, from a bit per pixel.</summary>
    /// <returns>How many there are.</returns>
    private int Boundaries(ReadOnlySpan<ulong> pixels, Span<int> boundaries)
    {
        int count = 0;
        ulong last = 0;
        for (int word = 0; word < pixels.Length; word++)
        {
            for (ulong changes = pixels[word] ^ ((pixels[word] << 1) | last); changes != 0; changes &= changes - 1)
            {
                boundaries[count++] = (64 * word) + BitOperations.TrailingZeroCount(changes);
            }

            last = pixels[word] >> 63;
        }

        if (count % 2 != 0)
        {
            boundaries[count++] = _rows.Length;
        }

        return count;
    }

    private static uint Above(Vector256<float> values, float threshold) =>
        Vector256.GreaterThan(values, Vector256.Create(threshold)).ExtractMostSignificantBits();

    /// <summary>The rows at which a column of the mask begins and ends, in turns, beginning with a beginning.</summary>
    /// <returns>How many there are.</returns>
    private int Boundaries(ReadOnlySpan<ulong> bits, ReadOnlySpan<float> column, Span<int> boundaries)
    {
        int count = 0;
        bool inside = (bits[0] & 1) != 0;
        if (inside)
        {
            boundaries[count++] = 0;
        }

        for (int word = 0; word < bits.Length; word++)
        {
            for (ulong changes = Changes(bits, word); changes != 0; changes &= changes - 1)
            {
                int j = (64 * word) + BitOperations.TrailingZeroCount(changes);
                Add(Crossing(j, inside, column[j], column[j + 1], _threshold), boundaries);
                inside = !inside;
            }
        }

        if (inside)
        {
            Add(_rows.Length, boundaries);
        }

        return count;

        void Add(int row, Span<int> boundaries)
        {
            // Where no pixel lies between two boundaries, there is neither.
            if (count > 0 && boundaries[count - 1] == row)
            {
                count--;
            }
            else
            {
                boundaries[count++] = row;
            }
        }
    }

    /// <summary>The pixels of a column above a threshold: where it ends, less where it begins.</summary>
    private long Area(ReadOnlySpan<ulong> bits, ReadOnlySpan<float> column, float threshold)
    {
        long area = 0;
        bool inside = (bits[0] & 1) != 0;
        for (int word = 0; word < bits.Length; word++)
        {
            for (ulong changes = Changes(bits, word); changes != 0; changes &= changes - 1)
            {
                int j = (64 * word) + BitOperations.TrailingZeroCount(changes);
                int row = Crossing(j, inside, column[j], column[j + 1], threshold);
                area += inside ? row : -row;
                inside = !inside;
            }
        }

        return inside ? area + _rows.Length : area;
    }

    /// <summary>A bit for each of 64 values, which says that it and the one after it are on different sides of the threshold.</summary>
    private ulong Changes(ReadOnlySpan<ulong> bits, int word)
    {
        ulong next = word + 1 < bits.Length ? bits[word + 1] << 63 : bits[word] & (1UL << 63);
        ulong changes = bits[word] ^ ((bits[word] >> 1) | next);
        int last = _rows.Source - 1 - (64 * word); // has none after it
        return last < 64 ? changes & ((1UL << last) - 1) : changes;
    }

    /// <summary>
    /// The first row between two source rows that is on the other side of the threshold. Eight rows are compared at a time: the crossing may be at any of them, and
    /// processors often guess a branch for each row wrong.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Crossing(int sourceRow, bool inside, float upper, float lower, float threshold)
    {
        int end = _rows.First[sourceRow + 1];
        uint same = inside ? 0xFFu : 0;
        for (int row = _rows.First[sourceRow]; ; row += Vector256<float>.Count)
        {
            int stays = BitOperations.TrailingZeroCount(Above(_rows.Between(row, upper, lower), threshold) ^ same | 0x100);
            if (stays < Vector256<float>.Count || row + stays >= end)
            {
                return Math.Min(row + stays, end);
            }
        }
    }

    private static int Words(int count) => (count + 63) / 64;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}

/// <summary>What a <see cref="LogitScan"/> finds.</summary>
/// <param name="Runs">The mask, until the next scan into the same runs.</param>
/// <param name="InnerArea">Pixels above the raised threshold.</param>
/// <param name="OuterArea">Pixels above the lowered threshold.</param>
internal readonly record struct ScannedMask(MaskRuns Runs, long InnerArea, long OuterArea)
{
    /// <summary>
    /// How little the mask changes when its threshold moves (<c>sam2/utils/amg.py</c>, <c>calculate_stability_score</c>), 0 to 1;
    /// 0 where nothing is above the lowered threshold, as in <see cref="StabilityScore"/>.
    /// </summary>
    public float Stability => (float)InnerArea / Math.Max(OuterArea, 1);
}
