using static TorchSharp.torch;

namespace Sam2.Torch.Media;

/// <summary>A picture in memory: 8-bit RGB, interleaved, row-major, top row first, upright.</summary>
public sealed class RgbImage
{
    /// <summary>A black picture.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    public RgbImage(int width, int height)
        : this(width, height, new byte[ByteCount(width, height)])
    {
    }

    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels">width × height × 3 bytes: R, G, B of the first pixel of the top row, and so on.</param>
    /// <exception cref="ArgumentException">The array's length does not fit the dimensions.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        int expected = ByteCount(width, height);
        if (pixels.Length != expected)
        {
            throw new ArgumentException(
                $"{width}×{height} RGB pixels need {expected} bytes, but {pixels.Length} were given.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The pixels themselves: height × width × 3 bytes, R, G, B.</summary>
    public byte[] Pixels { get; }

    /// <summary>The colour at column <paramref name="x"/> and row <paramref name="y"/>.</summary>
    public Rgb this[int x, int y]
    {
        get
        {
            int i = Offset(x, y);
            return new Rgb(Pixels[i], Pixels[i + 1], Pixels[i + 2]);
        }

        set
        {
            int i = Offset(x, y);
            Pixels[i] = value.R;
            Pixels[i + 1] = value.G;
            Pixels[i + 2] = value.B;
        }
    }

    /// <summary>A copy with pixels of its own.</summary>
    public RgbImage Clone() => new(Width, Height, (byte[])Pixels.Clone());

    /// <summary>The picture in a size that is not larger, averaged over the area of each new pixel; the same object if the size stays.</summary>
    /// <param name="width">New width in pixels, at most <see cref="Width"/>.</param>
    /// <param name="height">New height in pixels, at most <see cref="Height"/>.</param>
    public RgbImage Shrink(int width, int height) => ImageResize.Shrink(this, width, height);

    /// <summary>The bytes of one row, in place.</summary>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * 3, Width * 3);

    /// <summary>A uint8 tensor <c>[H, W, 3]</c> on the CPU with a copy of the pixels.</summary>
    public Tensor ToTensor() => TensorMemory.From<byte>(Pixels, ScalarType.Byte, Height, Width, 3);

    /// <summary>A contiguous uint8 tensor <c>[3, H, W]</c> on the CPU with a copy of the pixels.</summary>
    public Tensor ToPlanarTensor()
    {
        using var scope = NewDisposeScope();
        return ToTensor().permute(2, 0, 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>A picture from a uint8 tensor <c>[H, W, 3]</c> or <c>[3, H, W]</c> on any device.</summary>
    /// <param name="tensor">The pixels. When both readings are possible (<c>[3, W, 3]</c>), the last dimension is the colour.</param>
    /// <exception cref="ArgumentException">The shape or the type does not describe an RGB picture.</exception>
    public static RgbImage FromTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        long[] shape = tensor.shape;
        if (tensor.dtype != ScalarType.Byte || shape.Length != 3 || (shape[2] != 3 && shape[0] != 3))
        {
            throw new ArgumentException(
                $"An RGB picture is a Byte tensor [H, W, 3] or [3, H, W], not {tensor.dtype} [{string.Join(", ", shape)}].",
                nameof(tensor));
        }

        using var scope = NewDisposeScope();
        var interleaved = shape[2] == 3 ? tensor : tensor.permute(1, 2, 0);
        return new RgbImage((int)interleaved.size(1), (int)interleaved.size(0), TensorMemory.ToArray<byte>(interleaved));
    }

    private int Offset(int x, int y)
    {
        if ((uint)x >= (uint)Width || (uint)y >= (uint)Height)
        {
            throw new ArgumentOutOfRangeException(nameof(x), $"({x}, {y}) is outside a picture of {Width}×{Height}.");
        }

        return ((y * Width) + x) * 3;
    }

    private static int ByteCount(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long bytes = (long)width * height * 3;
        if (bytes > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(width), $"{width}×{height} RGB pixels do not fit one array.");
        }

        return (int)bytes;
    }
}

/// <summary>An 8-bit sRGB colour.</summary>
/// <param name="R">Red, 0–255.</param>
/// <param name="G">Green, 0–255.</param>
/// <param name="B">Blue, 0–255.</param>
public readonly record struct Rgb(byte R, byte G, byte B);

/// <summary>A picture with transparency, for cut-outs: 8-bit RGB and an 8-bit alpha plane (not premultiplied).</summary>
public sealed class RgbaImage
{
    /// <summary>Combines colour and transparency without copying them.</summary>
    /// <param name="colour">The colours.</param>
    /// <param name="alpha">One byte per pixel, row-major: 0 transparent, 255 opaque.</param>
    /// <exception cref="ArgumentException">The two differ in size.</exception>
    public RgbaImage(RgbImage colour, byte[] alpha)
    {
        ArgumentNullException.ThrowIfNull(colour);
        ArgumentNullException.ThrowIfNull(alpha);
        if (alpha.Length != colour.Width * colour.Height)
        {
            throw new ArgumentException(
                $"{colour.Width}×{colour.Height} pixels need as many alpha values, but {alpha.Length} were given.", nameof(alpha));
        }

        Colour = colour;
        Alpha = alpha;
    }

    /// <summary>The colours, also where the picture is transparent.</summary>
    public RgbImage Colour { get; }

    /// <summary>Opacity per pixel, row-major.</summary>
    public byte[] Alpha { get; }

    /// <summary>Width in pixels.</summary>
    public int Width => Colour.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Colour.Height;
}

/// <summary>Scales pictures down by averaging the area that each new pixel covers.</summary>
internal static class ImageResize
{
    /// <summary>The picture in a size that is not larger; the same object if nothing changes.</summary>
    public static RgbImage Shrink(RgbImage image, int width, int height)
    {
        if (image.Width == width && image.Height == height)
        {
            return image;
        }

        var columns = Weights(image.Width, width);
        var rows = Weights(image.Height, height);
        var result = new RgbImage(width, height);
        Parallel.For(0, height, y =>
        {
            // The rows' average first, then the columns'.
            var sum = new float[image.Width * 3];
            foreach (var (from, weight) in rows[y])
            {
                var row = image.Row(from);
                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] += weight * row[i];
                }
            }

            var target = result.Row(y);
            for (int x = 0; x < width; x++)
            {
                float r = 0, g = 0, b = 0;
                foreach (var (from, weight) in columns[x])
                {
                    r += weight * sum[3 * from];
                    g += weight * sum[(3 * from) + 1];
                    b += weight * sum[(3 * from) + 2];
                }

                target[3 * x] = (byte)(r + 0.5f);
                target[(3 * x) + 1] = (byte)(g + 0.5f);
                target[(3 * x) + 2] = (byte)(b + 0.5f);
            }
        });
        return result;
    }

    /// <summary>For each new position the old ones that it covers and their shares, which add up to 1.</summary>
    private static (int From, float Weight)[][] Weights(int oldSize, int newSize)
    {
        double scale = (double)oldSize / newSize;
        var weights = new (int, float)[newSize][];
        for (int i = 0; i < newSize; i++)
        {
            double start = i * scale, end = (i + 1) * scale;
            int first = (int)start, last = Math.Min(oldSize - 1, (int)Math.Ceiling(end) - 1);
            weights[i] = new (int, float)[last - first + 1];
            for (int j = first; j <= last; j++)
            {
                double share = Math.Min(end, j + 1) - Math.Max(start, j);
                weights[i][j - first] = (j, (float)(share / scale));
            }
        }

        return weights;
    }
}
