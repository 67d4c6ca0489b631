using NUnit.Framework;
using Sam2.Torch.Media;

namespace TestSupport;

/// <summary>Pictures and file bytes that media tests share.</summary>
public static class TestPictures
{
    /// <summary>Smooth colours, so that lossy codecs stay close.</summary>
    public static RgbImage Smooth(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                image[x, y] = new Rgb((byte)(x * 255 / width), (byte)(y * 255 / height), (byte)((x + y) * 255 / (width + height)));
            }
        }

        return image;
    }

    public static RgbImage Noise(int width, int height, int seed)
    {
        var pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    public static double MeanDifference(RgbImage a, RgbImage b)
    {
        Assert.That((a.Width, a.Height), Is.EqualTo((b.Width, b.Height)));
        return a.Pixels.Zip(b.Pixels, (p, q) => Math.Abs(p - q)).Average();
    }

    /// <summary>An EXIF segment with nothing but an orientation, in either byte order.</summary>
    public static byte[] Exif(int orientation, bool littleEndian) => littleEndian
        ? [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0]
        : [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0];

    /// <summary>Puts an EXIF segment behind the start marker of a JPEG.</summary>
    public static void AddExifToJpeg(string path, byte[] exif)
    {
        byte[] jpeg = File.ReadAllBytes(path);
        int length = exif.Length + 2;
        File.WriteAllBytes(path, [jpeg[0], jpeg[1], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. exif, .. jpeg[2..]]);
    }

    /// <summary>
    /// A JPEG of 8 × 8 pixels of one colour with four components and Adobe's marker (ITU-T T.81; Adobe Technical Note 5116). Every
    /// block is a DC coefficient and an end of block.
    /// </summary>
    public static byte[] CmykJpeg(byte[] stored)
    {
        var bits = new List<bool>();
        foreach (byte value in stored)
        {
            // With a quantiser of 1 the DC coefficient is 8 · (value − 128). Its category, the number of its bits, is coded by itself
            // in four bits.
            int coefficient = 8 * (value - 128);
            int category = coefficient == 0 ? 0 : (int)Math.Log2(Math.Abs(coefficient)) + 1;
            Append(bits, category, 4);
            Append(bits, coefficient < 0 ? coefficient + (1 << category) - 1 : coefficient, category);
            Append(bits, 0, 1);
        }

        while (bits.Count % 8 != 0)
        {
            bits.Add(true);
        }

        var scan = new List<byte>();
        for (int i = 0; i < bits.Count; i += 8)
        {
            byte next = (byte)Enumerable.Range(0, 8).Sum(b => bits[i + b] ? 128 >> b : 0);
            scan.Add(next);
            if (next == 0xFF)
            {
                scan.Add(0);
            }
        }

        return
        [
            0xFF, 0xD8,
            0xFF, 0xEE, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0,
            0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64),
            0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0,
            0xFF, 0xC4, 0, 31, 0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
            0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0,
            .. scan, 0xFF, 0xD9,
        ];
    }

    private static void Append(List<bool> bits, int value, int count)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            bits.Add(((value >> i) & 1) != 0);
        }
    }
}
