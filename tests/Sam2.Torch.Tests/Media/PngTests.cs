using System.IO.Compression;
using System.IO.Hashing;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Media;

namespace Sam2.Torch.Tests.Media;

public class PngTests
{
    [TestCase(PngColour.Grey, 1)]
    [TestCase(PngColour.Grey, 2)]
    [TestCase(PngColour.Grey, 4)]
    [TestCase(PngColour.Grey, 8)]
    [TestCase(PngColour.Grey, 16)]
    [TestCase(PngColour.GreyAlpha, 8)]
    [TestCase(PngColour.GreyAlpha, 16)]
    [TestCase(PngColour.Palette, 1)]
    [TestCase(PngColour.Palette, 2)]
    [TestCase(PngColour.Palette, 4)]
    [TestCase(PngColour.Palette, 8)]
    [TestCase(PngColour.Rgb, 8)]
    [TestCase(PngColour.Rgb, 16)]
    [TestCase(PngColour.Rgba, 8)]
    [TestCase(PngColour.Rgba, 16)]
    public void Reads_every_colour_type_and_depth(object kind, int depth)
    {
        int colour = (int)(PngColour)kind;
        var random = new Random(depth);
        int channels = PngPixels.Channels((PngColour)colour);
        foreach (var (width, height) in new[] { (1, 1), (5, 3), (8, 8), (13, 9) })
        {
            var samples = new byte[width * height * channels];
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (byte)random.Next(1 << Math.Min(depth, 8));
            }

            foreach (bool interlaced in new[] { false, true })
            {
                byte[] file = EncodeIndependently(width, height, (PngColour)colour, depth, samples, interlaced, random);
                var png = PngReader.Read(new MemoryStream(file), "x.png", MediaLimits.Default);
                Assert.That(png.Samples, Is.EqualTo(samples), $"{width}×{height}, interlaced: {interlaced}");
            }
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
        using (var stream = File.Create(folder["q.png"]))
        {
            PngWriter.Write(stream, 2, 1, PngColour.Palette, [0, 2], new byte[6]);
        }

        Assert.That(() => IndexedImage.Read(folder["q.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("palette"));
    }

    [Test]
    public void A_coloured_png_is_not_taken_for_indices()
    {
        using var folder = new TemporaryFolder();
        ImageFile.Write(folder["c.png"], new RgbImage(3, 3));
        Assert.That(() => IndexedImage.Read(folder["c.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("palette"));
    }

    /// <summary>An encoder of the test's own, with a random filter for each row.</summary>
    private static byte[] EncodeIndependently(
        int width, int height, PngColour colour, int depth, byte[] samples, bool interlaced, Random random)
    {
        int channels = PngPixels.Channels(colour);
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
                        byte sample = samples[(((y * width) + x) * channels) + c];
                        int value = depth == 16 ? (sample << 8) | random.Next(256) : sample;
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
            .. ImageHeader.PngSignature,
            .. Chunk("IHDR", [0, 0, 0, (byte)width, 0, 0, 0, (byte)height, (byte)depth, (byte)colour, 0, 0, interlaced ? (byte)1 : (byte)0]),
            .. Chunk("tEXt", [1, 2, 3]),
            .. colour == PngColour.Palette ? Chunk("PLTE", new byte[3 << depth]) : [],
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
