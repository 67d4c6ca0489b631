using System.Buffers.Binary;
using System.IO.Compression;

namespace Sam2.Fuzz;

/// <summary>Makes PNGs chunk by chunk, all checksums right: any header, rows of about the length that it asks for, and chunks in any order.</summary>
public sealed class PngMaker : IInputMaker
{
    private static readonly byte[] Depths = [1, 2, 4, 8, 16, 3, 0, 32];
    private static readonly byte[] Colours = [0, 2, 3, 4, 6, 1, 255];

    /// <inheritdoc/>
    public byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random)
    {
        uint width = Side(random), height = Side(random);
        byte depth = Depths[random.Below(random.OneIn(8) ? Depths.Length : 5)], colour = Colours[random.Below(random.OneIn(8) ? Colours.Length : 5)];
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (depth, colour, (byte)random.Below(random.OneIn(9) ? 4 : 2));
        long row = 1 + ((((colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 }) * width * depth) + 7) / 8);
        int wanted = (int)Math.Min(target.LongestInput, (row * height) + random.Between(-2, 2) + (header[12] == 1 ? random.Below(200) : 0));
        var chunks = new List<(string Type, byte[] Data)> { ("IHDR", header) };
        if (colour == 3 || random.OneIn(5))
        {
            chunks.Add(("PLTE", Bytes(random, random.OneIn(3) ? random.Below(800) : 3 * random.Between(1, 256))));
        }

        if (random.OneIn(4))
        {
            chunks.Add(("eXIf", Exif(random)));
        }

        if (random.OneIn(6))
        {
            chunks.Add((random.Pick(["tRNS", "gAMA", "iCCP", "acTL", "fcTL", "zzzz", "IDAT", "IHDR"]), Bytes(random, random.Length(300))));
        }

        byte[] pixels = Deflate(Rows(random, Math.Max(0, wanted), (int)Math.Min(row, 1 << 20)), random);
        int cut = random.OneIn(3) ? random.Below(pixels.Length + 1) : pixels.Length;
        chunks.Add(("IDAT", pixels[..cut]));
        if (cut < pixels.Length && !random.OneIn(3))
        {
            chunks.Add(("IDAT", pixels[cut..]));
        }

        chunks.Add(("IEND", []));
        if (random.OneIn(6))
        {
            int a = random.Below(chunks.Count), b = random.Below(chunks.Count);
            (chunks[a], chunks[b]) = (chunks[b], chunks[a]);
        }

        if (random.OneIn(8))
        {
            chunks.RemoveAt(random.Below(chunks.Count));
        }

        var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var number = new byte[4];
        foreach (var (type, data) in chunks)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write([.. number, .. System.Text.Encoding.ASCII.GetBytes(type), .. data, 0, 0, 0, 0]);
        }

        byte[] png = file.ToArray();
        Checksums.RepairPng(png);
        return png;
    }

    private static uint Side(FuzzRandom random) => random.Below(20) switch
    {
        0 => 0,
        1 => (uint)random.Between(100, 70_000),
        2 => uint.MaxValue >> random.Below(20),
        _ => (uint)random.Between(1, 40),
    };

    private static byte[] Bytes(FuzzRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Byte())];

    /// <summary>Pixels are often all alike, or of few values, as in masks. The filter of each row is mostly one that exists.</summary>
    private static byte[] Rows(FuzzRandom random, int count, int row)
    {
        int values = 1 + random.Length(255);
        var rows = new byte[count];
        for (int i = 0; i < count; i++)
        {
            rows[i] = (byte)(i % row == 0 ? random.Below(random.OneIn(40) ? 7 : 5) : random.Below(values));
        }

        return rows;
    }

    private static byte[] Deflate(byte[] rows, FuzzRandom random)
    {
        var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, random.OneIn(2) ? CompressionLevel.NoCompression : CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(rows);
        }

        byte[] bytes = packed.ToArray();
        if (random.OneIn(6) && bytes.Length > 0)
        {
            bytes[random.Below(bytes.Length)] = random.Byte();
        }

        return bytes;
    }

    private static byte[] Exif(FuzzRandom random)
    {
        byte[] exif = [.. "MM\0*\0\0\0\b\0\u0001"u8, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)random.Below(10), 0, 0, 0, 0, 0, 0];
        for (int edits = random.Below(3); edits > 0; edits--)
        {
            exif[random.Below(exif.Length)] = random.OneIn(2) ? random.Byte() : (byte)(255 * random.Below(2));
        }

        return exif[..(random.OneIn(4) ? random.Below(exif.Length) : exif.Length)];
    }
}
