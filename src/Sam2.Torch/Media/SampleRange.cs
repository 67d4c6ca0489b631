using System.Globalization;
using System.Numerics;

namespace Sam2.Torch.Media;

/// <summary>
/// Which numbers of a picture of 16 bits become black and white in 8. Cameras and scanners of 10 to 14 bits store their numbers as they
/// are, so that a picture which fills their range is nearly black in 16 bits. Pictures of 8 bits are read as they are.
/// </summary>
/// <param name="Bits">How many bits are in use, 9 to 16: from 0 to 2^Bits − 1. 0 stands for 16.</param>
/// <param name="IsStretched">Whether the range is that of the picture's own numbers instead, from its darkest to its brightest but for half a percent at either end.</param>
public readonly record struct SampleRange(int Bits, bool IsStretched)
{
    /// <summary>All 16 bits.</summary>
    public static SampleRange Full => default;

    /// <summary>The range of the picture's own numbers, but for half a percent at either end. Each picture gets a range of its own.</summary>
    public static SampleRange Stretched => new(0, true);

    /// <summary>A range of fewer bits than 16.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 9 or more than 16.</exception>
    public static SampleRange OfBits(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 9);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 16);
        return new(bits, false);
    }

    /// <summary>How many bits the numbers of a PNG of 16 bits use, at least 1, transparency left out; null for other pictures.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MediaException">It is missing, damaged or larger than the default limits.</exception>
    public static int? UsedBits(string path)
    {
        using var stream = MediaFile.OpenRead(path);
        if (ImageFile.ReadInfo(stream, path).Format != ImageFormat.Png)
        {
            return null;
        }

        stream.Position = 0;
        if (PngReader.ReadHeader(stream, path).BitDepth != 16)
        {
            return null;
        }

        stream.Position = 0;
        var (counts, _) = Count(PngReader.Read(stream, path, MediaLimits.Default));
        int largest = Array.FindLastIndex(counts, count => count > 0);
        return Math.Max(1, 32 - BitOperations.LeadingZeroCount((uint)largest));
    }

    /// <inheritdoc/>
    public override string ToString() => IsStretched ? "stretched" : string.Create(CultureInfo.InvariantCulture, $"{(Bits == 0 ? 16 : Bits)} bits");

    /// <summary>The byte of each number of 16 bits.</summary>
    internal byte[] Table(PngPixels picture)
    {
        var (low, high) = IsStretched ? Limits(picture) : (0, (1 << (Bits == 0 ? 16 : Bits)) - 1);
        var table = new byte[1 << 16];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (byte)((((long)Math.Clamp(i - low, 0, high - low) * 510) + (high - low)) / (2L * (high - low)));
        }

        return table;
    }

    private static (int Low, int High) Limits(PngPixels picture)
    {
        var (counts, total) = Count(picture);
        long cut = total / 200, sum = 0;
        int low = 0, high = counts.Length - 1;
        for (; low < high && (sum += counts[low]) <= cut; low++)
        {
        }

        for (sum = 0; high > low && (sum += counts[high]) <= cut; high--)
        {
        }

        // A picture of one number has no range; it stays as dark as it is.
        return low < high ? (low, high) : (0, ushort.MaxValue);
    }

    private static (long[] Counts, long Total) Count(PngPixels picture)
    {
        var counts = new long[1 << 16];
        int channels = picture.Header.Channels, colours = channels is 2 or 4 ? channels - 1 : channels;
        int pixels = picture.Header.Width * picture.Header.Height;
        for (int i = 0; i < pixels; i++)
        {
            for (int c = 0; c < colours; c++)
            {
                counts[picture.Sample((i * channels) + c)]++;
            }
        }

        return (counts, (long)pixels * colours);
    }
}
