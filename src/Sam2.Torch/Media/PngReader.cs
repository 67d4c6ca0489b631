using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Sam2.Torch.Media;

/// <summary>
/// Decodes PNG (ISO/IEC 15948): all colour types and depths, interlaced or not. Pictures are left to Skia; this reader is for
/// what Skia does not give: the numbers of masks as they are stored (palette indices, narrow or wide grey), 16 bits, and
/// the orientation in an eXIf chunk, or in the text in which ImageMagick stored it before there was one.
/// </summary>
internal static class PngReader
{
    /// <summary>The eight bytes that open a PNG file.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads the header, and the orientation, which may stand before the pixels or after them; no checksum is verified.</summary>
    /// <param name="stream">The file from its first byte on; it can seek.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="MediaException">Damaged, cut off, or not a PNG.</exception>
    public static PngHeader ReadHeader(Stream stream, string path) => Guard(path, () =>
    {
        var header = ReadStart(stream);
        Span<byte> chunk = stackalloc byte[8];
        while (stream.ReadAtLeast(chunk, 8, throwOnEndOfStream: false) == 8 && !chunk[4..].SequenceEqual("IEND"u8))
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            long next = stream.Position + length + 4;
            var type = chunk[4..];
            if (type.SequenceEqual("eXIf"u8) || type.SequenceEqual("zTXt"u8) || type.SequenceEqual("tEXt"u8))
            {
                // An EXIF block has at most 64 kB, twice that as a text; its orientation comes early.
                var data = new byte[Math.Min(length, 1 << 17)];
                stream.ReadExactly(data);
                var orientation = type[0] == 'e' ? ExifBlock.ReadOrientation(data) : ExifBlock.OfPngText(data, isCompressed: type[0] == 'z');
                if (orientation != ImageOrientation.Upright) header = header with { Orientation = orientation };
            }

            stream.Position = next;
        }

        return header;
    });

    /// <summary>Reads the samples of a PNG; the checksums of all chunks up to the end of the pixels are verified.</summary>
    /// <param name="stream">The file from its first byte on; it can seek.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="limits">Limits on the picture, checked against its header before memory is allocated.</param>
    /// <exception cref="MediaException">Damaged, cut off, larger than the limits, or not a PNG.</exception>
    public static PngPixels Read(Stream stream, string path, MediaLimits limits) => Guard(path, () =>
    {
        var header = ReadStart(stream);
        limits.Check(path, header.Width, header.Height);
        long bytes = (long)header.Width * header.Height * header.Channels * header.SampleBytes;
        if (bytes > Array.MaxLength)
        {
            throw new MediaException(path, $"has {header.Width}×{header.Height} pixels of {header.Channels} channels, which do not fit one array", "Scale it down");
        }

        stream.Position = Signature.Length;
        byte[] palette = [];
        var compressed = new MemoryStream();
        while (compressed.Length == 0 || stream.Position < stream.Length)
        {
            var (type, data) = ReadChunk(stream);
            if (type == Chunk.Pixels)
            {
                compressed.Write(data);
            }
            else if (compressed.Length > 0)
            {
                break;
            }
            else if (type == Chunk.End)
            {
                throw new InvalidDataException("there are no pixels");
            }
            else if (type == Chunk.Palette)
            {
                palette = data.Length % 3 == 0 && data.Length <= 768
                    ? data
                    : throw new InvalidDataException($"a palette has at most 256 triples, not {data.Length} bytes");
            }
        }

        var samples = GC.AllocateUninitializedArray<byte>((int)bytes);
        compressed.Position = 0;
        using (var inflated = new ZLibStream(compressed, CompressionMode.Decompress))
        {
            try
            {
                new Rows(inflated, header).Read(samples);
            }
            catch (IOException e) when (e is not EndOfStreamException)
            {
                // .NET has no public type for this: pixels that were compressed with a dictionary, which PNG doesn't allow.
                throw new InvalidDataException("its pixels can't be decompressed", e);
            }
        }

        int entries = palette.Length / 3;
        return header.Colour != PngColour.Palette || (entries > 0 && !samples.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)(entries - 1)))
            ? new PngPixels(header, samples, palette)
            : throw new InvalidDataException($"a pixel names a colour that the palette of {entries} lacks");
    });

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EndOfStreamException e)
        {
            throw new MediaException(path, "is cut off: the PNG data ends early", "Copy the file again", e);
        }
        catch (InvalidDataException e)
        {
            throw new MediaException(path, $"is not a valid PNG ({e.Message.TrimEnd('.')})", "The file is damaged; copy it again", e);
        }
    }

    /// <summary>The signature and the IHDR chunk.</summary>
    private static PngHeader ReadStart(Stream stream)
    {
        Span<byte> start = stackalloc byte[33];
        stream.ReadExactly(start);
        if (!start.StartsWith(Signature) || !start[8..].StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 13, .. "IHDR"u8]))
        {
            throw new InvalidDataException("the header is missing");
        }

        var data = start[16..29];
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        var (depth, colour) = (data[8], (PngColour)data[9]);
        bool isKnown = (colour, depth) switch
        {
            (PngColour.Grey, 1 or 2 or 4 or 8 or 16) => true,
            (PngColour.Palette, 1 or 2 or 4 or 8) => true,
            (PngColour.Rgb or PngColour.Rgba or PngColour.GreyAlpha, 8 or 16) => true,
            _ => false,
        };
        return isKnown && width <= int.MaxValue && height <= int.MaxValue && data[10] == 0 && data[11] == 0 && data[12] <= 1
            ? new PngHeader((int)width, (int)height, colour, depth, IsInterlaced: data[12] == 1, ImageOrientation.Upright)
            : throw new InvalidDataException($"{width}×{height} pixels of colour type {data[9]} with {depth} bits, method {data[10]}.{data[11]}.{data[12]}");
    }

    private static (uint Type, byte[] Data) ReadChunk(Stream stream)
    {
        Span<byte> head = stackalloc byte[8];
        stream.ReadExactly(head);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head);

        // Nothing is allocated for bytes that a chunk only claims to have.
        if (length > stream.Length - stream.Position)
        {
            throw new EndOfStreamException();
        }

        var data = GC.AllocateUninitializedArray<byte>((int)length);
        stream.ReadExactly(data);
        var checksum = new Crc32();
        checksum.Append(head[4..]);
        checksum.Append(data);
        uint type = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        stream.ReadExactly(head[..4]);
        return BinaryPrimitives.ReadUInt32BigEndian(head) == checksum.GetCurrentHashAsUInt32()
            ? (type, data)
            : throw new InvalidDataException("the checksum of a chunk is wrong");
    }

    private static class Chunk
    {
        public const uint Pixels = 0x49444154; // IDAT
        public const uint Palette = 0x504C5445; // PLTE
        public const uint End = 0x49454E44; // IEND
    }

    /// <summary>Undoes the row filters and unpacks samples, row by row, from the inflated data.</summary>
    private sealed class Rows(Stream inflated, PngHeader header)
    {
        private static readonly (int X0, int Y0, int StepX, int StepY)[] Adam7 =
        [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
        ];

        private readonly int _step = Math.Max(1, header.Channels * header.BitDepth / 8);
        private byte[] _previous = [];
        private byte[] _current = [];

        public void Read(byte[] samples)
        {
            foreach (var (x0, y0, stepX, stepY) in header.IsInterlaced ? Adam7 : [(0, 0, 1, 1)])
            {
                int width = (header.Width - x0 + stepX - 1) / stepX;
                if (width <= 0 || y0 >= header.Height)
                {
                    continue;
                }

                int bytes = (int)((((long)width * header.Channels * header.BitDepth) + 7) / 8);
                (_previous, _current) = (new byte[bytes], new byte[bytes]);
                int pixel = header.Channels * header.SampleBytes;
                var row = new byte[width * pixel];
                for (int y = y0; y < header.Height; y += stepY)
                {
                    NextRow();
                    long start = (long)y * header.Width * pixel;
                    if (stepX == 1)
                    {
                        Unpack(samples.AsSpan((int)start, row.Length));
                        continue;
                    }

                    Unpack(row);
                    for (int i = 0; i < width; i++)
                    {
                        row.AsSpan(i * pixel, pixel).CopyTo(samples.AsSpan((int)start + ((x0 + (i * stepX)) * pixel)));
                    }
                }
            }
        }

        private void NextRow()
        {
            (_previous, _current) = (_current, _previous);
            int filter = inflated.ReadByte();
            if (filter < 0)
            {
                throw new EndOfStreamException();
            }

            inflated.ReadExactly(_current);
            byte[] row = _current, above = _previous;
            switch (filter)
            {
                case 0:
                    break;
                case 1:
                    for (int i = _step; i < row.Length; i++)
                    {
                        row[i] += row[i - _step];
                    }

                    break;
                case 2:
                    for (int i = 0; i < row.Length; i++)
                    {
                        row[i] += above[i];
                    }

                    break;
                case 3:
                    for (int i = 0; i < row.Length; i++)
                    {
                        row[i] += (byte)(((i < _step ? 0 : row[i - _step]) + above[i]) >> 1);
                    }

                    break;
                case 4:
                    for (int i = 0; i < row.Length; i++)
                    {
                        row[i] += i < _step ? above[i] : Paeth(row[i - _step], above[i], above[i - _step]);
                    }

                    break;
                default:
                    throw new InvalidDataException($"unknown row filter {filter}");
            }
        }

        private static byte Paeth(int left, int above, int corner)
        {
            int toLeft = Math.Abs(above - corner);
            int toAbove = Math.Abs(left - corner);
            int toCorner = Math.Abs(left + above - corner - corner);
            if (toLeft <= toAbove && toLeft <= toCorner)
            {
                return (byte)left;
            }

            return (byte)(toAbove <= toCorner ? above : corner);
        }

        private void Unpack(Span<byte> samples)
        {
            if (header.BitDepth >= 8)
            {
                _current.CopyTo(samples);
                return;
            }

            int perByte = 8 / header.BitDepth;
            int mask = (1 << header.BitDepth) - 1;
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (byte)((_current[i / perByte] >> (8 - (header.BitDepth * ((i % perByte) + 1)))) & mask);
            }
        }
    }
}

/// <summary>What the samples of a PNG mean; the values are the format's own.</summary>
internal enum PngColour
{
    /// <summary>One sample per pixel.</summary>
    Grey = 0,

    /// <summary>Red, green, blue.</summary>
    Rgb = 2,

    /// <summary>One index into a palette.</summary>
    Palette = 3,

    /// <summary>Grey and alpha.</summary>
    GreyAlpha = 4,

    /// <summary>Red, green, blue, alpha.</summary>
    Rgba = 6,
}
