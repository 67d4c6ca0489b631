using static TorchSharp.torch;

namespace TestSupport;

/// <summary>The test picture of the golden files, in integer arithmetic.</summary>
public static class Pattern
{
    /// <summary><c>[height, width, 3]</c>, uint8.</summary>
    public static Tensor Create(int height, int width)
    {
        var pixels = new byte[height * width * 3];
        var i = 0;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                pixels[i++] = (byte)(7 * x + 13 * y + 29 * ((x >> 4) ^ (y >> 4)));
                pixels[i++] = (byte)(x * x / (width + 1) + 3 * y + 90 * ((x / 17 + y / 11) & 1));
                pixels[i++] = (byte)(5 * (x - y) + 41 * ((x >> 5) + (y >> 5)));
            }
        }
        return tensor(pixels, [height, width, 3]);
    }
}
