using NUnit.Framework;
using Sam2.Torch.Media;

namespace Sam2.Torch.Tests.Media;

/// <summary>Pictures and file bytes that media tests share.</summary>
internal static class TestPictures
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
}
