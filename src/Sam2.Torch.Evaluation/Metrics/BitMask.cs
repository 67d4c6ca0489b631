using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// A binary mask with a bit per pixel, for what looks at whole neighbourhoods: a shift moves 64 pixels at once. Rows begin at a
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
