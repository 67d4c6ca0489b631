using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Sam2.Torch.Media;

/// <summary>Finds the orientation in a block of EXIF data, a TIFF directory (EXIF 2.32, 4.6), where Skia doesn't.</summary>
internal static class ExifBlock
{
    private const int OrientationTag = 0x0112;

    /// <summary>What opens the block in JPEG. Some programs write it into other formats too, where it doesn't belong.</summary>
    private static ReadOnlySpan<byte> JpegPrefix => "Exif\0\0"u8;

    private static byte[][] RawProfileNames { get; } = [[.. "Raw profile type exif\0"u8], [.. "Raw profile type APP1\0"u8]];

    /// <summary>The orientation; upright if the block has none, or isn't understood.</summary>
    public static ImageOrientation ReadOrientation(ReadOnlySpan<byte> block)
    {
        if (block.StartsWith(JpegPrefix)) block = block[JpegPrefix.Length..];
        bool littleEndian = block.StartsWith("II*\0"u8);
        if (block.Length < 8 || (!littleEndian && !block.StartsWith("MM\0*"u8))) return ImageOrientation.Upright;

        uint directory = Number(block[4..8], littleEndian);
        for (long entry = directory + 2L, i = 0; entry + 12 <= block.Length; entry += 12, i++)
        {
            if (i == Number(block.Slice((int)directory, 2), littleEndian)) break;
            var fields = block.Slice((int)entry, 12);
            if (Number(fields[..2], littleEndian) == OrientationTag && Number(fields[8..10], littleEndian) is >= 1 and <= 8 and var value) return (ImageOrientation)value;
        }

        return ImageOrientation.Upright;
    }

    /// <summary>The orientation of a WebP (RFC 9649, 2.7), for Skia passes over a block with JPEG's prefix, as Pillow once wrote it.</summary>
    /// <param name="stream">The file, which may be damaged; it can seek.</param>
    public static ImageOrientation OfWebP(Stream stream)
    {
        const int longest = 1 << 16;
        Span<byte> head = stackalloc byte[8];
        // A file, a list of chunks of even length, is itself a chunk.
        for (stream.Position = 12; stream.ReadAtLeast(head, 8, throwOnEndOfStream: false) == 8;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (head.StartsWith("EXIF"u8))
            {
                var block = new byte[Math.Min(length, longest)];
                return ReadOrientation(block.AsSpan(0, stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)));
            }

            stream.Position += length + (length & 1);
        }

        return ImageOrientation.Upright;
    }

    /// <summary>
    /// The orientation in a text chunk of a PNG (ISO/IEC 15948, 11.3.4), in which ImageMagick stores an EXIF block as hexadecimal digits, under a name of its own, for
    /// PNG had no place for it before 2017. Other texts say upright.
    /// </summary>
    /// <param name="chunk">The chunk's data, which may be damaged: a name, a zero byte, a zero byte for the method if compressed, the text.</param>
    /// <param name="isCompressed">Whether it is zTXt, not tEXt.</param>
    public static ImageOrientation OfPngText(byte[] chunk, bool isCompressed)
    {
        const int longest = 1 << 17;
        int name = RawProfileNames.Where(known => chunk.AsSpan().StartsWith(known)).Select(known => known.Length).FirstOrDefault();
        int start = name + (isCompressed ? 1 : 0);
        if (name == 0 || start > chunk.Length) return ImageOrientation.Upright;
        var text = new byte[longest];
        using var source = new MemoryStream(chunk, start, chunk.Length - start);
        using Stream reader = isCompressed ? new ZLibStream(source, CompressionMode.Decompress) : source;
        try
        {
            text = text[..reader.ReadAtLeast(text, longest, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return ImageOrientation.Upright;
        }

        // "exif", the number of bytes and the digits, in lines.
        if (Encoding.Latin1.GetString(text).Split('\n', 4, StringSplitOptions.None) is not [_, _, _, var digits]) return ImageOrientation.Upright;
        digits = string.Concat(digits.Where(char.IsAsciiHexDigit));
        return ReadOrientation(Convert.FromHexString(digits[..(digits.Length & ~1)]));
    }

    private static uint Number(ReadOnlySpan<byte> bytes, bool littleEndian)
    {
        uint value = 0;
        for (int i = 0; i < bytes.Length; i++) value = (value << 8) | bytes[littleEndian ? bytes.Length - 1 - i : i];
        return value;
    }
}
