using System.Buffers.Binary;

namespace Sam2.Torch.Media;

/// <summary>Finds single values in a TIFF directory, the structure that EXIF metadata and TIFF files share.</summary>
internal static class ExifOrientation
{
    private const ushort WidthTag = 0x0100;
    private const ushort HeightTag = 0x0101;
    private const ushort OrientationTag = 0x0112;

    /// <summary>The orientation in an EXIF block (with or without its <c>Exif\0\0</c> prefix); upright if it has none.</summary>
    public static ImageOrientation Parse(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith("Exif\0\0"u8))
        {
            exif = exif[6..];
        }

        return ParseDirectory(exif, 0).Orientation;
    }

    /// <summary>Size and orientation of a TIFF structure; zeros where it does not say.</summary>
    /// <param name="tiff">The bytes from <paramref name="start"/> on, as many as are at hand.</param>
    /// <param name="start">Offset of these bytes in the structure: 0 includes the eight bytes of the header.</param>
    /// <param name="littleEndian">Byte order where the header is not included.</param>
    public static (int Width, int Height, ImageOrientation Orientation) ParseDirectory(
        ReadOnlySpan<byte> tiff, uint start, bool littleEndian = false)
    {
        var nothing = (0, 0, ImageOrientation.Upright);
        uint directory = start;
        if (start == 0)
        {
            if (!TryReadHeader(tiff, out littleEndian, out directory))
            {
                return nothing;
            }
        }

        long at = (long)directory - start;
        if (at < 0 || at + 2 > tiff.Length)
        {
            return nothing;
        }

        int entries = Short(tiff[(int)at..], littleEndian);
        int width = 0, height = 0;
        var orientation = ImageOrientation.Upright;
        for (int i = 0; i < entries; i++)
        {
            long entryAt = at + 2 + (12L * i);
            if (entryAt + 12 > tiff.Length)
            {
                break;
            }

            var entry = tiff.Slice((int)entryAt, 12);
            ushort tag = Short(entry, littleEndian);
            ushort type = Short(entry[2..], littleEndian);
            uint value = type == 3 ? Short(entry[8..], littleEndian) : Long(entry[8..], littleEndian);
            if (tag == WidthTag)
            {
                width = (int)Math.Min(value, int.MaxValue);
            }
            else if (tag == HeightTag)
            {
                height = (int)Math.Min(value, int.MaxValue);
            }
            else if (tag == OrientationTag && value is >= 1 and <= 8)
            {
                orientation = (ImageOrientation)value;
            }
        }

        return (width, height, orientation);
    }

    /// <summary>Reads the eight bytes that open a TIFF structure.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> tiff, out bool littleEndian, out uint directory)
    {
        littleEndian = tiff.StartsWith("II*\0"u8);
        directory = 0;
        if (tiff.Length < 8 || (!littleEndian && !tiff.StartsWith("MM\0*"u8)))
        {
            return false;
        }

        directory = Long(tiff[4..], littleEndian);
        return true;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool littleEndian) => littleEndian
        ? BinaryPrimitives.ReadUInt16LittleEndian(bytes)
        : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint Long(ReadOnlySpan<byte> bytes, bool littleEndian) => littleEndian
        ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
        : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
