using System.Buffers.Binary;

namespace Sam2.Torch.Media;

/// <summary>Reads a picture's format, size and orientation from its header, so that nothing is decoded before it is known to fit.</summary>
internal static class ImageHeader
{
    /// <summary>What the header says; <see cref="ImageFormat.Unknown"/> with size 0 if it is not one of ours.</summary>
    /// <exception cref="EndOfStreamException">The header is cut off.</exception>
    public static ImageInfo Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[32];
        int have = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        head = head[..have];
        return head switch
        {
            _ when head.StartsWith(PngSignature) => ReadPng(stream, head),
            _ when head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) => ReadJpeg(stream),
            _ when have >= 16 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8) => ReadWebP(stream, head),
            _ when head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8) => ReadGif(head),
            _ when have >= 26 && head.StartsWith("BM"u8) => ReadBmp(head),
            _ when head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) => ReadTiff(stream, head),
            _ => new ImageInfo(ImageFormat.Unknown, 0, 0, ImageOrientation.Upright),
        };
    }

    /// <summary>The eight bytes that open a PNG file.</summary>
    public static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ImageInfo ReadPng(Stream stream, ReadOnlySpan<byte> head)
    {
        Require(head, 24);
        int width = Clamp(BinaryPrimitives.ReadUInt32BigEndian(head[16..]));
        int height = Clamp(BinaryPrimitives.ReadUInt32BigEndian(head[20..]));

        // An eXIf chunk may follow; metadata behind the pixels is not worth reading the file for.
        var orientation = ImageOrientation.Upright;
        Span<byte> chunk = stackalloc byte[8];
        stream.Position = 33;
        while (stream.ReadAtLeast(chunk, 8, throwOnEndOfStream: false) == 8)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            if (chunk[4..].SequenceEqual("IDAT"u8) || chunk[4..].SequenceEqual("IEND"u8))
            {
                break;
            }

            long next = stream.Position + length + 4;
            if (chunk[4..].SequenceEqual("eXIf"u8))
            {
                orientation = ExifOrientation.Parse(ReadBlock(stream, length));
            }

            stream.Position = next;
        }

        return new ImageInfo(ImageFormat.Png, width, height, orientation);
    }

    private static ImageInfo ReadJpeg(Stream stream)
    {
        var orientation = ImageOrientation.Upright;
        Span<byte> two = stackalloc byte[2];
        Span<byte> frame = stackalloc byte[5];
        stream.Position = 2;
        while (true)
        {
            int marker = stream.ReadByte();
            if (marker < 0)
            {
                throw new EndOfStreamException();
            }

            if (marker != 0xFF)
            {
                continue; // Stray bytes between segments are tolerated by every decoder.
            }

            do
            {
                marker = stream.ReadByte();
            }
            while (marker == 0xFF);
            if (marker is 0 or 1 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            if (marker is < 0 or 0xD9 or 0xDA)
            {
                throw new EndOfStreamException(); // Pixels, or the end, before any frame header.
            }

            stream.ReadExactly(two);
            int length = BinaryPrimitives.ReadUInt16BigEndian(two) - 2;
            if (length < 0)
            {
                throw new InvalidDataException("a JPEG segment has a negative length");
            }

            long next = stream.Position + length;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                stream.ReadExactly(frame);
                return new ImageInfo(
                    ImageFormat.Jpeg,
                    BinaryPrimitives.ReadUInt16BigEndian(frame[3..]),
                    BinaryPrimitives.ReadUInt16BigEndian(frame[1..]),
                    orientation);
            }

            if (marker == 0xE1)
            {
                byte[] block = ReadBlock(stream, (uint)length);
                if (block.AsSpan().StartsWith("Exif\0\0"u8))
                {
                    orientation = ExifOrientation.Parse(block);
                }
            }

            stream.Position = next;
        }
    }

    private static ImageInfo ReadWebP(Stream stream, ReadOnlySpan<byte> head)
    {
        Require(head, 30);
        var kind = head.Slice(12, 4);
        var data = head[20..];
        if (kind.SequenceEqual("VP8 "u8))
        {
            int w = BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF;
            int h = BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF;
            return new ImageInfo(ImageFormat.WebP, w, h, ImageOrientation.Upright);
        }

        if (kind.SequenceEqual("VP8L"u8))
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return new ImageInfo(
                ImageFormat.WebP, (int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1, ImageOrientation.Upright);
        }

        if (!kind.SequenceEqual("VP8X"u8))
        {
            throw new InvalidDataException("a WebP file starts with an unknown chunk");
        }

        int width = (data[4] | (data[5] << 8) | (data[6] << 16)) + 1;
        int height = (data[7] | (data[8] << 8) | (data[9] << 16)) + 1;
        var orientation = ImageOrientation.Upright;
        Span<byte> chunk = stackalloc byte[8];
        stream.Position = 30;
        while (stream.ReadAtLeast(chunk, 8, throwOnEndOfStream: false) == 8)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            long next = stream.Position + length + (length & 1);
            if (chunk.StartsWith("EXIF"u8))
            {
                orientation = ExifOrientation.Parse(ReadBlock(stream, length));
                break;
            }

            stream.Position = next;
        }

        return new ImageInfo(ImageFormat.WebP, width, height, orientation);
    }

    private static ImageInfo ReadGif(ReadOnlySpan<byte> head)
    {
        Require(head, 10);
        return new ImageInfo(
            ImageFormat.Gif,
            BinaryPrimitives.ReadUInt16LittleEndian(head[6..]),
            BinaryPrimitives.ReadUInt16LittleEndian(head[8..]),
            ImageOrientation.Upright);
    }

    private static ImageInfo ReadBmp(ReadOnlySpan<byte> head)
    {
        bool core = BinaryPrimitives.ReadUInt32LittleEndian(head[14..]) == 12;
        long width = core ? BinaryPrimitives.ReadUInt16LittleEndian(head[18..]) : BinaryPrimitives.ReadInt32LittleEndian(head[18..]);
        long height = core ? BinaryPrimitives.ReadUInt16LittleEndian(head[20..]) : BinaryPrimitives.ReadInt32LittleEndian(head[22..]);

        // A negative height means that the top row is stored first.
        return new ImageInfo(ImageFormat.Bmp, Clamp(Math.Abs(width)), Clamp(Math.Abs(height)), ImageOrientation.Upright);
    }

    private static ImageInfo ReadTiff(Stream stream, ReadOnlySpan<byte> head)
    {
        if (!ExifOrientation.TryReadHeader(head, out bool littleEndian, out uint directory))
        {
            throw new EndOfStreamException();
        }

        if (directory < 8 || directory >= stream.Length)
        {
            throw new EndOfStreamException();
        }

        stream.Position = directory;
        var block = ReadBlock(stream, (uint)Math.Min(stream.Length - directory, 1 << 16));
        var (width, height, orientation) = ExifOrientation.ParseDirectory(block, directory, littleEndian);
        return new ImageInfo(ImageFormat.Tiff, width, height, orientation);
    }

    /// <summary>Metadata of at most 64 kB, the most that an EXIF block may have; longer ones are read in part.</summary>
    private static byte[] ReadBlock(Stream stream, uint length)
    {
        var block = new byte[Math.Min(length, 1 << 16)];
        stream.ReadExactly(block);
        return block;
    }

    private static int Clamp(long value) => (int)Math.Min(value, int.MaxValue);

    private static void Require(ReadOnlySpan<byte> head, int bytes)
    {
        if (head.Length < bytes)
        {
            throw new EndOfStreamException();
        }
    }
}
