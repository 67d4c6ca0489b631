using System.Buffers.Binary;
using System.IO.Compression;

namespace Sam2.Torch.Media;

/// <summary>
/// Decodes PNG (ISO/IEC 15948): all colour types and depths, interlaced or not. The project reads PNG itself because masks
/// must keep their exact palette indices, which neither ffmpeg nor Skia hands out, and so that both stacks agree to the bit.
/// </summary>
internal static class PngReader
{
    private static readonly (int X0, int Y0, int StepX, int StepY)[] Adam7 =
    [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ];

    /// <summary>Reads the samples of a PNG.</summary>
    /// <param name="stream">The file from its first byte on.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="limits">What the picture may cost.</param>
    /// <exception cref="MediaException">Damaged, cut off, larger than the limits, or not a PNG.</exception>
    public static PngPixels Read(Stream stream, string path, MediaLimits limits)
    {
        try
        {
            return Decode(stream, path, limits);
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

    /// <summary>What the samples of a PNG mean, from its header.</summary>
    /// <exception cref="MediaException">The file is missing or cut off.</exception>
    public static PngColour ReadColour(string path)
    {
        // The signature, the length and name of the header's chunk, width, height and depth come before it.
        Span<byte> header = stackalloc byte[26];
        using var stream = ImageFile.OpenRead(path);
        return stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            ? (PngColour)header[25]
            : throw new MediaException(path, "is cut off: the PNG data ends early", "Copy the file again");
    }

    private static PngPixels Decode(Stream stream, string path, MediaLimits limits)
    {
        Span<byte> header = stackalloc byte[8];
        stream.ReadExactly(header);
        if (!header.SequenceEqual(ImageHeader.PngSignature))
        {
            throw new InvalidDataException("the signature is missing");
        }

        var chunks = new PngChunkStream(stream);
        if (chunks.Next() != "IHDR" || chunks.Remaining != 13)
        {
            throw new InvalidDataException("the header is missing");
        }

        byte[] ihdr = chunks.ReadRest(13);
        long width = BinaryPrimitives.ReadUInt32BigEndian(ihdr);
        long height = BinaryPrimitives.ReadUInt32BigEndian(ihdr.AsSpan(4));
        limits.Check(path, width, height);
        int depth = ihdr[8];
        var colour = (PngColour)ihdr[9];
        bool known = (colour, depth) switch
        {
            (PngColour.Grey, 1 or 2 or 4 or 8 or 16) => true,
            (PngColour.Palette, 1 or 2 or 4 or 8) => true,
            (PngColour.Rgb or PngColour.Rgba or PngColour.GreyAlpha, 8 or 16) => true,
            _ => false,
        };
        if (!known || ihdr[10] != 0 || ihdr[11] != 0 || ihdr[12] > 1)
        {
            throw new InvalidDataException($"colour type {ihdr[9]} with {depth} bits, method {ihdr[10]}.{ihdr[11]}.{ihdr[12]}");
        }

        byte[] palette = [];
        string chunk;
        while ((chunk = chunks.Next()) != "IDAT")
        {
            if (chunk == "IEND")
            {
                throw new InvalidDataException("there are no pixels");
            }

            if (chunk == "PLTE")
            {
                palette = chunks.ReadRest(768);
                if (palette.Length % 3 != 0)
                {
                    throw new InvalidDataException("the palette is not made of triples");
                }
            }
        }

        int channels = PngPixels.Channels(colour);
        long bytes = width * height * channels;
        if (bytes > Array.MaxLength)
        {
            throw new MediaException(path, $"has {width}×{height} pixels of {channels} channels, which do not fit one array", "Scale it down");
        }

        var samples = GC.AllocateUninitializedArray<byte>((int)bytes);
        using (var inflated = new ZLibStream(chunks, CompressionMode.Decompress, leaveOpen: true))
        {
            var pixels = new PngRows(inflated, (int)width, channels, depth);
            if (ihdr[12] == 0)
            {
                pixels.ReadPass(samples, (int)height);
            }
            else
            {
                foreach (var pass in Adam7)
                {
                    pixels.ReadInterlacedPass(samples, (int)height, pass);
                }
            }
        }

        chunks.Finish();
        if (colour == PngColour.Palette)
        {
            int entries = palette.Length / 3;
            if (entries == 0 || samples.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)(entries - 1)))
            {
                throw new InvalidDataException($"a pixel names a colour that the palette of {entries} lacks");
            }
        }

        return new PngPixels((int)width, (int)height, colour, depth, samples, palette);
    }
}
