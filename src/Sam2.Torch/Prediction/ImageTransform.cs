using Sam2.Torch.Media;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

/// <summary>Between images of any size and the model's square (sam2/utils/transforms.py, <c>SAM2Transforms</c>).</summary>
public static class ImageTransform
{
    /// <summary>Means of red, green and blue that the model's input is normalised with, for intensities in [0, 1].</summary>
    public static IReadOnlyList<float> Mean { get; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Standard deviations of red, green and blue.</summary>
    public static IReadOnlyList<float> Std { get; } = [0.229f, 0.224f, 0.225f];

    /// <summary>
    /// Rows of an image are converted to floating point in groups of at most this many values, so that a large photo does
    /// not take twelve times its size in memory.
    /// </summary>
    private const long StripElements = 16 << 20;

    /// <summary>Resizes an image to the model's square and normalises it.</summary>
    /// <param name="image"><c>[H, W, 3]</c>, uint8, RGB.</param>
    /// <param name="size">Side of the result, in pixels.</param>
    /// <returns><c>[3, size, size]</c>, float32, on the image's device.</returns>
    /// <exception cref="ArgumentException">The image has another shape or type, or no pixels.</exception>
    public static Tensor ToModelInput(Tensor image, int size)
    {
        RequireRgbBytes(image);
        using var scope = NewDisposeScope();
        var narrow = ResizeRows(image, size);
        var resized = Resize(narrow, size, size).squeeze(0);
        return Normalise(resized).MoveToOuterDisposeScope();
    }

    /// <summary>Throws unless an image is <c>[H, W, 3]</c>, uint8, and has pixels.</summary>
    internal static void RequireRgbBytes(Tensor image)
    {
        if (image.dim() != 3 || image.size(2) != 3 || image.dtype != ScalarType.Byte || image.numel() == 0)
            throw new ArgumentException($"The image has shape [{string.Join(", ", image.shape)}] and type {image.dtype}; give RGB bytes, [H, W, 3].", nameof(image));
    }

    /// <summary>Normalises a picture.</summary>
    /// <param name="image"><c>[3, H, W]</c>, float32, RGB in [0, 1].</param>
    public static Tensor Normalise(Tensor image)
    {
        using var scope = NewDisposeScope();
        var mean = tensor(Mean.ToArray(), device: image.device).view(3, 1, 1);
        var std = tensor(Std.ToArray(), device: image.device).view(3, 1, 1);
        return ((image - mean) / std).MoveToOuterDisposeScope();
    }

    /// <summary>The image as <c>[1, 3, H, W]</c> in [0, 1]; a large one already resized to the width <paramref name="size"/>.</summary>
    private static Tensor ResizeRows(Tensor image, int size)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (image.size(0), image.size(1));
        var rows = Math.Max(1, StripElements / (3 * width));
        if (rows >= height) return ToUnit(image).MoveToOuterDisposeScope();

        // Antialiased resizing is separable, and rows do not depend on each other while only the width changes.
        var result = empty(1, 3, height, size, device: image.device);
        for (long y = 0; y < height; y += rows)
        {
            using var strip = NewDisposeScope();
            var count = Math.Min(rows, height - y);
            result.narrow(2, y, count).copy_(Resize(ToUnit(image.narrow(0, y, count)), count, size));
        }
        return result.MoveToOuterDisposeScope();
    }

    private static Tensor ToUnit(Tensor rows) => rows.permute(2, 0, 1).to(float32).DividedBy(255).unsqueeze(0);

    private static Tensor Resize(Tensor image, long height, long width) => F.interpolate(
        image, size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
}

/// <summary>
/// Brings video frames to the model's input as the original's video predictor does (sam2/utils/misc.py,
/// <c>load_video_frames</c>): bicubic, rounded to bytes. Its image predictor resizes bilinearly instead.
/// </summary>
internal static class FramePreprocessing
{
    /// <summary>Resizes and normalises a frame.</summary>
    /// <param name="frame">A frame of any size.</param>
    /// <param name="size">Side of the model's input, in pixels.</param>
    /// <param name="device">Where the result is needed.</param>
    /// <returns><c>[1, 3, size, size]</c>, float32.</returns>
    public static Tensor ToModelInput(RgbImage frame, int size, Device device)
    {
        using var scope = NewDisposeScope();
        var resized = new RgbImage(size, size, PillowResampler.Resize(frame.Pixels, frame.Width, frame.Height, size, size, ResamplingFilter.Bicubic));
        var mean = tensor(ImageTransform.Mean.ToArray(), device: device).view(3, 1, 1);
        var std = tensor(ImageTransform.Std.ToArray(), device: device).view(3, 1, 1);
        var unit = TensorMemory.Upload(resized.ToPlanarTensor(), device).to(float32).div_(Scalars.Of(255));
        return unit.sub_(mean).div_(std).unsqueeze(0).MoveToOuterDisposeScope();
    }
}

/// <summary>How <see cref="PillowResampler"/> weighs the pixels around a place.</summary>
internal enum ResamplingFilter
{
    /// <summary>Linearly, those within a pixel: what the first Segment Anything is shown.</summary>
    Bilinear,

    /// <summary>By cubic convolution, those within two pixels: what the original's video predictor shows the model.</summary>
    Bicubic,
}

/// <summary>
/// Antialiased resizing of 8-bit pictures in fixed-point arithmetic: horizontally, then vertically, rounding to bytes
/// each time. It gives Pillow's <c>Image.resize</c> bit for bit.
/// </summary>
internal static class PillowResampler
{
    private const int Precision = 22;
    private const int Channels = 3;

    /// <summary>Resizes interleaved RGB.</summary>
    /// <param name="pixels">height · width · 3 bytes.</param>
    /// <param name="width">Width of the source, in pixels.</param>
    /// <param name="height">Height of the source, in pixels.</param>
    /// <param name="newWidth">Width of the result, in pixels.</param>
    /// <param name="newHeight">Height of the result, in pixels.</param>
    /// <param name="filter">How pixels are weighed.</param>
    public static byte[] Resize(byte[] pixels, int width, int height, int newWidth, int newHeight, ResamplingFilter filter)
    {
        var narrow = newWidth == width ? pixels : ResizeRows(pixels, width, height, newWidth, filter);
        return newHeight == height ? narrow : ResizeColumns(narrow, newWidth, height, newHeight, filter);
    }

    private static byte[] ResizeRows(byte[] pixels, int width, int height, int newWidth, ResamplingFilter filter)
    {
        var taps = Taps(width, newWidth, filter);
        var result = new byte[height * newWidth * Channels];
        Parallel.For(0, height, y =>
        {
            var source = pixels.AsSpan(y * width * Channels, width * Channels);
            var target = result.AsSpan(y * newWidth * Channels, newWidth * Channels);
            for (var x = 0; x < newWidth; x++)
            {
                var (first, weights) = taps[x];
                int r = 1 << (Precision - 1), g = r, b = r;
                var i = first * Channels;
                foreach (var weight in weights)
                {
                    r += source[i] * weight;
                    g += source[i + 1] * weight;
                    b += source[i + 2] * weight;
                    i += Channels;
                }

                target[x * Channels] = ToByte(r);
                target[x * Channels + 1] = ToByte(g);
                target[x * Channels + 2] = ToByte(b);
            }
        });
        return result;
    }

    private static byte[] ResizeColumns(byte[] pixels, int width, int height, int newHeight, ResamplingFilter filter)
    {
        var taps = Taps(height, newHeight, filter);
        var stride = width * Channels;
        var result = new byte[newHeight * stride];
        Parallel.For(0, newHeight, () => new int[stride], (y, _, sums) =>
        {
            var (first, weights) = taps[y];
            Array.Fill(sums, 1 << (Precision - 1));
            for (var t = 0; t < weights.Length; t++)
            {
                var source = pixels.AsSpan((first + t) * stride, stride);
                for (var i = 0; i < stride; i++) sums[i] += source[i] * weights[t];
            }

            var target = result.AsSpan(y * stride, stride);
            for (var i = 0; i < stride; i++) target[i] = ToByte(sums[i]);
            return sums;
        }, _ => { });
        return result;
    }

    /// <summary>For every place of the result, the first source place and the weights from there on, as integers.</summary>
    private static (int First, int[] Weights)[] Taps(int size, int newSize, ResamplingFilter filter)
    {
        var scale = (double)size / newSize;
        var filterScale = Math.Max(scale, 1);
        var support = (filter == ResamplingFilter.Bicubic ? 2 : 1) * filterScale;
        var taps = new (int, int[])[newSize];
        for (var i = 0; i < newSize; i++)
        {
            var centre = (i + 0.5) * scale;
            var first = Math.Max((int)(centre - support + 0.5), 0);
            var end = Math.Min((int)(centre + support + 0.5), size);
            var weights = new double[end - first];
            for (var t = 0; t < weights.Length; t++) weights[t] = Kernel((t + first - centre + 0.5) / filterScale, filter);
            var sum = weights.Sum();
            taps[i] = (first, Array.ConvertAll(weights, w => ToFixed(sum == 0 ? w : w / sum)));
        }

        return taps;
    }

    private static double Kernel(double x, ResamplingFilter filter)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        if (filter == ResamplingFilter.Bilinear) return Math.Max(0, 1 - x);
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1
            : x < 2 ? (((x - 5) * x + 8) * x - 4) * a
            : 0;
    }

    private static int ToFixed(double weight) => (int)(weight * (1 << Precision) + (weight < 0 ? -0.5 : 0.5));

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> Precision, 0, 255);
}
