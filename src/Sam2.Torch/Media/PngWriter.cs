using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Sam2.Torch.Media;

/// <summary>Encodes 8-bit PNG: grey, palette, RGB and RGBA. Both stacks write the same bytes.</summary>
internal static class PngWriter
{
    /// <summary>Writes one picture.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="colour">What the samples mean.</param>
    /// <param name="samples">height × width × channels bytes.</param>
    /// <param name="palette">R, G, B triples of a palette picture.</param>
    public static void Write(
        Stream output, int width, int height, PngColour colour, ReadOnlySpan<byte> samples, ReadOnlySpan<byte> palette = default)
    {
        output.Write(ImageHeader.PngSignature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = (byte)colour;
        header[10..].Clear();
        WriteChunk(output, "IHDR", header);
        if (colour == PngColour.Palette)
        {
            WriteChunk(output, "PLTE", palette);
        }

        int channels = PngPixels.Channels(colour);
        int stride = width * channels;

        // Differences to the row above help pictures; masks and palettes are best left alone (PNG specification, 12.7).
        bool filtered = channels >= 3;
        var data = new MemoryStream();
        using (var deflate = new ZLibStream(data, filtered ? CompressionLevel.Fastest : CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[stride + 1];
            row[0] = (byte)(filtered ? 2 : 0);
            for (int y = 0; y < height; y++)
            {
                var current = samples.Slice(y * stride, stride);
                if (filtered && y > 0)
                {
                    var above = samples.Slice((y - 1) * stride, stride);
                    for (int i = 0; i < current.Length; i++)
                    {
                        row[i + 1] = (byte)(current[i] - above[i]);
                    }
                }
                else
                {
                    current.CopyTo(row.AsSpan(1));
                }

                deflate.Write(row);
            }
        }

        WriteChunk(output, "IDAT", data.GetBuffer().AsSpan(0, (int)data.Length));
        WriteChunk(output, "IEND", []);
    }

    private static void WriteChunk(Stream output, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        output.Write(word);
        Encoding.ASCII.GetBytes(type, word);
        output.Write(word);
        var crc = new Crc32();
        crc.Append(word);
        crc.Append(data);
        output.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, crc.GetCurrentHashAsUInt32());
        output.Write(word);
    }
}
