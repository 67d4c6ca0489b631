using System.IO.Compression;
using System.IO.Hashing;
using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class PngTests
{
    private static readonly (PngColour Colour, int[] Depths)[] Standard =
    [
        (PngColour.Grey, [1, 2, 4, 8, 16]),
        (PngColour.GreyAlpha, [8, 16]),
        (PngColour.Palette, [1, 2, 4, 8]),
        (PngColour.Rgb, [8, 16]),
        (PngColour.Rgba, [8, 16]),
    ];

    /// <summary>All colour types of the standard, with the depths that each may have.</summary>
    private static IEnumerable<object[]> TypesAndDepths => Standard.SelectMany(type => type.Depths.Select(depth => new object[] { type.Colour, depth }));

    [TestCaseSource(nameof(TypesAndDepths))]
    public void Reads_every_colour_type_and_depth(object kind, int depth)
    {
        var colour = (PngColour)kind;
        var random = new Random(depth);
        int channels = Channels(colour);
        foreach (var (width, height) in new[] { (1, 1), (5, 3), (8, 8), (13, 9) })
        {
            var samples = new ushort[width * height * channels];
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (ushort)random.Next(1 << depth);
            }

            foreach (bool interlaced in new[] { false, true })
            {
                byte[] file = EncodeIndependently(width, height, colour, depth, samples, interlaced, random, new byte[3 << Math.Min(depth, 8)]);
                var png = PngReader.Read(new MemoryStream(file), "x.png", MediaLimits.Default);
                byte[] expected = depth == 16 ? [.. samples.SelectMany(s => new[] { (byte)(s >> 8), (byte)s })] : [.. samples.Select(s => (byte)s)];
                Assert.That(png.Samples, Is.EqualTo(expected), $"{width}×{height}, interlaced: {interlaced}");
            }
        }
    }

    [TestCaseSource(nameof(TypesAndDepths))]
    public void Pictures_have_the_nearest_8_bit_colours_whatever_their_type_and_depth(object kind, int depth)
    {
        using var folder = new TemporaryFolder();
        var colour = (PngColour)kind;
        var random = new Random(depth);
        var palette = new byte[3 << Math.Min(depth, 8)];
        random.NextBytes(palette);
        int channels = Channels(colour);
        var samples = new ushort[300 * 7 * channels];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (ushort)random.Next(1 << depth);
        }

        foreach (bool interlaced in new[] { false, true })
        {
            File.WriteAllBytes(folder["p.png"], EncodeIndependently(300, 7, colour, depth, samples, interlaced, random, palette));
            var read = ImageFile.Read(folder["p.png"]);
            double largest = (1 << depth) - 1;
            byte[] expected = [.. Enumerable.Range(0, 300 * 7 * 3).Select(i =>
            {
                int sample = samples[(i / 3 * channels) + (channels >= 3 ? i % 3 : 0)];
                return colour == PngColour.Palette ? palette[(3 * sample) + (i % 3)] : (byte)Math.Round(sample * 255 / largest);
            })];
            Assert.That(read.Pixels, Is.EqualTo(expected), $"interlaced: {interlaced}");
        }
    }

    [Test]
    public void Numbers_of_16_bits_are_kept_or_brought_back_to_8_or_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["small.png"], Encode16(4, 1, PngColour.Grey, [0, 1, 2, 255]));
        File.WriteAllBytes(folder["white.png"], Encode16(3, 1, PngColour.Grey, [0, 65535, 257]));
        File.WriteAllBytes(folder["large.png"], Encode16(2, 1, PngColour.Grey, [1, 300]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(IndexedImage.Read(folder["small.png"]).Indices, Is.EqualTo(new byte[] { 0, 1, 2, 255 }));
            Assert.That(IndexedImage.Read(folder["white.png"]).Indices, Is.EqualTo(new byte[] { 0, 255, 1 }));
            Assert.That(() => IndexedImage.Read(folder["large.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("large.png").And.Message.Contains("255"));
        }
    }

    [Test]
    public void Cut_off_or_damaged_indices_are_never_more_than_a_media_exception()
    {
        using var folder = new TemporaryFolder();
        string path = folder["d.png"];
        new IndexedImage(33, 21, [.. Enumerable.Range(0, 33 * 21).Select(i => (byte)(i % 7))], new byte[21]).Write(path);
        byte[] whole = File.ReadAllBytes(path);
        int end = whole.Length - 12;
        for (int length = 0; length < end; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.That(() => IndexedImage.Read(path), Throws.TypeOf<MediaException>(), $"{length} of {whole.Length} bytes");
        }

        for (int bit = 0; bit < end * 8; bit++)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(path, damaged);
            Assert.That(() => IndexedImage.Read(path), Throws.TypeOf<MediaException>(), $"bit {bit}");
        }
    }

    [Test]
    public void Palette_indices_survive_exactly()
    {
        using var folder = new TemporaryFolder();
        var indices = new byte[256 * 3];
        var palette = new byte[768];
        new Random(2).NextBytes(palette);
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = (byte)i;
        }

        new IndexedImage(256, 3, indices, palette).Write(folder["p.png"]);
        var back = IndexedImage.Read(folder["p.png"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(back.Indices, Is.EqualTo(indices));
            Assert.That(back.Palette, Is.EqualTo(palette));
            Assert.That(ImageFile.Read(folder["p.png"])[7, 1], Is.EqualTo(new Rgb(palette[21], palette[22], palette[23])));
        }
    }

    [Test]
    public void An_index_outside_the_palette_is_refused_both_ways()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => new IndexedImage(2, 1, [0, 2], new byte[6]).Write(folder["p.png"]), Throws.InvalidOperationException);
        File.WriteAllBytes(folder["q.png"], EncodeIndependently(2, 1, PngColour.Palette, 8, [0, 2], false, new Random(1), new byte[6]));
        Assert.That(() => IndexedImage.Read(folder["q.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("palette"));
    }

    [Test]
    public void A_coloured_png_is_not_taken_for_indices()
    {
        using var folder = new TemporaryFolder();
        ImageFile.Write(folder["c.png"], new RgbImage(3, 3));
        Assert.That(() => IndexedImage.Read(folder["c.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("palette"));
    }

    /// <summary>A PNG file with 16 bits per sample.</summary>
    internal static byte[] Encode16(int width, int height, PngColour colour, ushort[] samples) =>
        EncodeIndependently(width, height, colour, 16, samples, false, new Random(3), []);

    private static int Channels(PngColour colour) => colour switch { PngColour.Rgb => 3, PngColour.Rgba => 4, PngColour.GreyAlpha => 2, _ => 1 };

    /// <summary>An encoder of the test's own, with a random filter for each row.</summary>
    private static byte[] EncodeIndependently(
        int width, int height, PngColour colour, int depth, ushort[] samples, bool interlaced, Random random, byte[] palette)
    {
        int channels = Channels(colour);
        int pixelBytes = Math.Max(1, channels * depth / 8);
        var packed = new MemoryStream();
        int[][] passes = interlaced
            ? [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]
            : [[0, 0, 1, 1]];
        foreach (int[] pass in passes)
        {
            byte[]? above = null;
            for (int y = pass[1]; y < height; y += pass[3])
            {
                var bits = new List<bool>();
                for (int x = pass[0]; x < width; x += pass[2])
                {
                    for (int c = 0; c < channels; c++)
                    {
                        int value = samples[(((y * width) + x) * channels) + c];
                        for (int bit = depth - 1; bit >= 0; bit--)
                        {
                            bits.Add(((value >> bit) & 1) != 0);
                        }
                    }
                }

                if (bits.Count == 0)
                {
                    continue;
                }

                var row = new byte[(bits.Count + 7) / 8];
                for (int i = 0; i < bits.Count; i++)
                {
                    row[i / 8] |= (byte)(bits[i] ? 128 >> (i % 8) : 0);
                }

                int filter = random.Next(5);
                packed.WriteByte((byte)filter);
                for (int i = 0; i < row.Length; i++)
                {
                    int a = i < pixelBytes ? 0 : row[i - pixelBytes];
                    int b = above?[i] ?? 0;
                    int c = i < pixelBytes ? 0 : above?[i - pixelBytes] ?? 0;
                    int p = a + b - c;
                    int nearest = new[] { a, b, c }.MinBy(v => Math.Abs(p - v));
                    int predicted = filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => nearest };
                    packed.WriteByte((byte)(row[i] - predicted));
                }

                above = row;
            }
        }

        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(packed.ToArray());
        }

        byte[] data = compressed.ToArray();
        int half = data.Length / 2;
        return
        [
            .. PngReader.Signature,
            .. Chunk("IHDR", [0, 0, (byte)(width >> 8), (byte)width, 0, 0, 0, (byte)height, (byte)depth, (byte)colour, 0, 0, interlaced ? (byte)1 : (byte)0]),
            .. Chunk("tEXt", [1, 2, 3]),
            .. colour == PngColour.Palette ? Chunk("PLTE", palette) : [],
            .. Chunk("IDAT", data[..half]), .. Chunk("IDAT", []), .. Chunk("IDAT", data[half..]),
            .. Chunk("IEND", []),
        ];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        uint crc = Crc32.HashToUInt32(body);
        return
        [
            0, 0, (byte)(data.Length >> 8), (byte)data.Length, .. body,
            (byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc,
        ];
    }
}
