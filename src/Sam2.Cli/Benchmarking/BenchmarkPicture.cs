using Sam2.Torch.Media;

namespace Sam2.Cli.Benchmarking;

/// <summary>A picture with edges and texture at every scale, the same on every machine.</summary>
public static class BenchmarkPicture
{
    /// <summary>Draws the picture.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static RgbImage Draw(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var red = 7 * x + 13 * y + 29 * ((x >> 4) ^ (y >> 4));
                var green = x * x / (width + 1) + 3 * y + 90 * ((x / 17 + y / 11) & 1);
                var blue = 5 * (x - y) + 41 * ((x >> 5) + (y >> 5));
                image[x, y] = new Rgb((byte)red, (byte)green, (byte)blue);
            }
        }

        return image;
    }
}
