using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// A binary mask with a bit per pixel, for operations on whole neighbourhoods: a shift moves 64 pixels at once. Rows begin at a
/// new word; the pixel in column x is bit x mod 64 of word x / 64, and the bits beyond the width are 0.
/// </summary>
internal sealed class BitMask
{
    private const int WordBits = 64;

    private readonly ulong[] _words;

    /// <summary>An empty mask.</summary>
    public BitMask(int height, int width)
    {
        Height = height;
        Width = width;
        WordsPerRow = (width + WordBits - 1) / WordBits;
        _words = new ulong[height * WordsPerRow];
    }

    /// <summary>Packs a mask.</summary>
    public BitMask(BinaryMask mask)
        : this(mask.Height, mask.Width)
    {
        for (int y = 0; y < Height; y++)
        {
            Pack(mask.Row(y), Row(y));
        }
    }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Words that a row takes.</summary>
    public int WordsPerRow { get; }

    /// <summary>The bits of a row's last word that are pixels.</summary>
    public ulong LastWordMask => ulong.MaxValue >> ((WordsPerRow * WordBits) - Width);

    /// <summary>The words of a row, in place.</summary>
    public Span<ulong> Row(int y) => _words.AsSpan(y * WordsPerRow, WordsPerRow);

    /// <summary>The number of pixels in the mask.</summary>
    public long Count()
    {
        long count = 0;
        foreach (ulong word in _words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    /// <summary>The number of pixels that are in both masks, which have one size.</summary>
    public long CountBoth(BitMask other)
    {
        long count = 0;
        var others = other._words.AsSpan(0, _words.Length);
        for (int i = 0; i < others.Length; i++)
        {
            count += BitOperations.PopCount(_words[i] & others[i]);
        }

        return count;
    }

    /// <summary>Writes the pixels of <paramref name="row"/> moved one column to the left: a pixel gets its right neighbour's value.</summary>
    public static void FromRight(ReadOnlySpan<ulong> row, Span<ulong> target)
    {
        for (int i = 0; i < row.Length; i++)
        {
            target[i] = (row[i] >> 1) | (i + 1 < row.Length ? row[i + 1] << (WordBits - 1) : 0);
        }
    }

    private static void Pack(ReadOnlySpan<byte> pixels, Span<ulong> words)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(pixels);
        for (int i = 0; i < vectors.Length; i++)
        {
            ulong half = Vector256.Equals(vectors[i], Vector256<byte>.One).ExtractMostSignificantBits();
            words[i / 2] |= half << (32 * (i & 1));
        }

        for (int x = vectors.Length * Vector256<byte>.Count; x < pixels.Length; x++)
        {
            words[x / WordBits] |= (ulong)pixels[x] << (x % WordBits);
        }
    }
}

/// <summary>Boundaries, dilation and erosion of masks, a word of pixels at a time.</summary>
internal static class BitMorphology
{
    /// <summary>
    /// The one-pixel boundary of a mask as the DAVIS benchmark draws it (<c>seg2bmap</c>): pixels that differ from their neighbour to
    /// the right, below or below right. At the image's right and lower edge only the neighbour along the edge counts.
    /// </summary>
    public static BitMask Boundary(BitMask mask)
    {
        var boundary = new BitMask(mask.Height, mask.Width);
        Span<ulong> right = new ulong[mask.WordsPerRow];
        Span<ulong> belowRight = new ulong[mask.WordsPerRow];
        int last = mask.WordsPerRow - 1;
        ulong lastColumn = 1UL << ((mask.Width - 1) % 64);
        for (int y = 0; y < mask.Height; y++)
        {
            var here = mask.Row(y);
            var target = boundary.Row(y);
            BitMask.FromRight(here, right);
            if (y == mask.Height - 1)
            {
                for (int i = 0; i <= last; i++)
                {
                    target[i] = here[i] ^ right[i];
                }

                target[last] &= ~lastColumn;
                break;
            }

            var below = mask.Row(y + 1);
            BitMask.FromRight(below, belowRight);
            for (int i = 0; i <= last; i++)
            {
                target[i] = (here[i] ^ right[i]) | (here[i] ^ below[i]) | (here[i] ^ belowRight[i]);
            }

            target[last] = (target[last] & ~lastColumn) | ((here[last] ^ below[last]) & lastColumn);
        }

        return boundary;
    }

    /// <summary>
    /// All pixels within <paramref name="radius"/> of one of the mask, by Euclidean distance: dilation with a disk, row by row. Row dy
    /// of a disk is a run of pixels, so each row is widened step by step and added to the rows that the disk reaches at that width.
    /// </summary>
    public static BitMask DilateByDisk(BitMask mask, int radius)
    {
        var result = new BitMask(mask.Height, mask.Width);
        Span<ulong> wide = new ulong[mask.WordsPerRow];
        for (int y = 0; y < mask.Height; y++)
        {
            var row = mask.Row(y);
            if (row.IndexOfAnyExcept(0UL) < 0)
            {
                continue;
            }

            row.CopyTo(wide);
            int width = 0;
            for (int dy = radius; dy >= 0; dy--)
            {
                for (; ((width + 1) * (width + 1)) + (dy * dy) <= radius * radius; width++)
                {
                    Widen(wide, mask.LastWordMask);
                }

                Add(wide, result, y - dy);
                if (dy > 0)
                {
                    Add(wide, result, y + dy);
                }
            }
        }

        return result;
    }

    /// <summary>
    /// The pixels of the mask that are within <paramref name="steps"/> steps, diagonal ones included, of a pixel outside it or of the
    /// image's edge: what <paramref name="steps"/> erosions with a 3×3 square take away.
    /// </summary>
    public static BitMask InnerRim(BitMask mask, int steps)
    {
        var core = Shrink(mask, steps);
        var rim = new BitMask(mask.Height, mask.Width);
        for (int y = 0; y < mask.Height; y++)
        {
            var target = rim.Row(y);
            var inside = mask.Row(y);
            var kept = core.Row(y);
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = inside[i] & ~kept[i];
            }
        }

        return rim;
    }

    private static BitMask Shrink(BitMask mask, int steps)
    {
        var narrow = new BitMask(mask.Height, mask.Width);
        for (int y = 0; y < mask.Height; y++)
        {
            var row = narrow.Row(y);
            mask.Row(y).CopyTo(row);
            for (int step = 0; step < steps && row.IndexOfAnyExcept(0UL) >= 0; step++)
            {
                Narrow(row);
            }
        }

        var result = new BitMask(mask.Height, mask.Width);
        for (int y = steps; y < mask.Height - steps; y++)
        {
            var target = result.Row(y);
            narrow.Row(y).CopyTo(target);
            for (int dy = -steps; dy <= steps && target.IndexOfAnyExcept(0UL) >= 0; dy++)
            {
                var other = narrow.Row(y + dy);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] &= other[i];
                }
            }
        }

        return result;
    }

    private static void Widen(Span<ulong> row, ulong lastWordMask)
    {
        ulong carry = 0;
        for (int i = 0; i < row.Length; i++)
        {
            ulong word = row[i];
            row[i] = word | (word << 1) | (word >> 1) | carry | (i + 1 < row.Length ? row[i + 1] << 63 : 0);
            carry = word >> 63;
        }

        row[^1] &= lastWordMask;
    }

    private static void Narrow(Span<ulong> row)
    {
        ulong carry = 0;
        for (int i = 0; i < row.Length; i++)
        {
            ulong word = row[i];
            row[i] = word & ((word << 1) | carry) & ((word >> 1) | (i + 1 < row.Length ? row[i + 1] << 63 : 0));
            carry = word >> 63;
        }
    }

    private static void Add(ReadOnlySpan<ulong> row, BitMask target, int y)
    {
        if ((uint)y >= (uint)target.Height)
        {
            return;
        }

        var words = target.Row(y);
        for (int i = 0; i < words.Length; i++)
        {
            words[i] |= row[i];
        }
    }
}
