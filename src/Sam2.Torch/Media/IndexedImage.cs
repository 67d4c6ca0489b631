using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Sam2.Torch.Media;

/// <summary>A picture of small numbers, such as a DAVIS annotation: each pixel names an object id, and a palette colours the ids.</summary>
public sealed class IndexedImage
{
    /// <summary>Wraps indices and palette without copying them.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="indices">One index per pixel, row-major.</param>
    /// <param name="palette">R, G, B triples for the indices; empty for a grey picture.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public IndexedImage(int width, int height, byte[] indices, byte[] palette)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(palette);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (indices.LongLength != (long)width * height)
        {
            throw new ArgumentException($"{width}×{height} pixels need as many indices, but {indices.Length} were given.", nameof(indices));
        }

        if (palette.Length % 3 != 0 || palette.Length > 768)
        {
            throw new ArgumentException($"A palette has at most 256 triples, not {palette.Length} bytes.", nameof(palette));
        }

        Width = width;
        Height = height;
        Indices = indices;
        Palette = palette;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>One index per pixel, row-major.</summary>
    public byte[] Indices { get; }

    /// <summary>R, G, B triples; empty for a grey picture.</summary>
    public byte[] Palette { get; }

    /// <summary>Whether a file is a PNG whose pixels are numbers, of a palette or grey, rather than colours.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MediaException">It is missing or damaged.</exception>
    public static bool IsIndexed(string path)
    {
        using var stream = MediaFile.OpenRead(path);
        if (ImageFile.ReadInfo(stream, path).Format != ImageFormat.Png)
        {
            return false;
        }

        stream.Position = 0;
        return PngReader.ReadHeader(stream, path).Colour is PngColour.Palette or PngColour.Grey;
    }

    /// <summary>Reads a palette or grey PNG and keeps its numbers exactly as stored.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on the picture.</param>
    /// <exception cref="MediaException">Not a palette or grey PNG, damaged, or larger than the limits.</exception>
    public static IndexedImage Read(string path, MediaLimits? limits = null)
    {
        using var stream = MediaFile.OpenRead(path);
        var png = PngReader.Read(stream, path, limits ?? MediaLimits.Default);
        if (png.Header.Colour is not (PngColour.Palette or PngColour.Grey))
        {
            throw new MediaException(path, $"is a PNG with colours ({png.Header.Colour}), not with a palette or grey", "Save it as an indexed PNG");
        }

        try
        {
            return new IndexedImage(png.Header.Width, png.Header.Height, png.Numbers(), png.Palette);
        }
        catch (InvalidDataException e)
        {
            throw new MediaException(path, e.Message, "Number the objects from 1 to 255", e);
        }
    }

    /// <summary>Writes a palette PNG (grey without a palette), completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A pixel names a colour that the palette lacks.</exception>
    public void Write(string path)
    {
        if (Palette.Length > 0 && Indices.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)((Palette.Length / 3) - 1)))
        {
            throw new InvalidOperationException($"An index is outside the palette of {Palette.Length / 3} colours.");
        }

        MediaFile.Write(path, output => WritePng(output, Width, Height, Palette.Length > 0 ? PngColour.Palette : PngColour.Grey, 8, Indices, Palette));
    }

    /// <summary>Encodes a PNG (ISO/IEC 15948). Skia can't: it writes colours, and DAVIS's tools read indices.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="colour">Palette or grey.</param>
    /// <param name="depth">8 or 16 bits per pixel.</param>
    /// <param name="pixels">Row by row; of 16 bits the higher byte first.</param>
    /// <param name="palette">R, G, B triples; empty for grey.</param>
    internal static void WritePng(Stream output, int width, int height, PngColour colour, int depth, byte[] pixels, byte[] palette)
    {
        output.Write(PngReader.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = (byte)depth;
        header[9] = (byte)colour;
        header[10..].Clear();
        WriteChunk(output, "IHDR"u8, header);
        if (palette.Length > 0)
        {
            WriteChunk(output, "PLTE"u8, palette);
        }

        var data = new MemoryStream();
        using (var deflate = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            int row = width * depth / 8;
            for (int y = 0; y < height; y++)
            {
                // No filter: differences do not help indices (section 12.7 of the standard).
                deflate.WriteByte(0);
                deflate.Write(pixels, y * row, row);
            }
        }

        WriteChunk(output, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(output, "IEND"u8, []);
    }

    private static void WriteChunk(Stream output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        output.Write(number);
        output.Write(type);
        output.Write(data);
        var checksum = new Crc32();
        checksum.Append(type);
        checksum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
        output.Write(number);
    }
}
