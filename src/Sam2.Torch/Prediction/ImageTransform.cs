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
        if (image.dim() != 3 || image.shape[2] != 3 || image.dtype != ScalarType.Byte || image.numel() == 0)
            throw new ArgumentException($"The image has shape [{string.Join(", ", image.shape)}] and type {image.dtype}; give RGB bytes, [H, W, 3].", nameof(image));
        using var scope = NewDisposeScope();
        var narrow = ResizeRows(image, size);
        var resized = Resize(narrow, size, size).squeeze(0);
        return Normalise(resized).MoveToOuterDisposeScope();
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
        var (height, width) = (image.shape[0], image.shape[1]);
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

    private static Tensor ToUnit(Tensor rows) => rows.permute(2, 0, 1).to(float32).div(255).unsqueeze(0);

    private static Tensor Resize(Tensor image, long height, long width) => F.interpolate(
        image, size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
}
