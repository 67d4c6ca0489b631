using Sam2.Torch.Masks;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

/// <summary>Prompts in an image's pixels as the tracker takes them, in pixels of the model's square input.</summary>
internal static class ModelPrompts
{
    /// <summary>
    /// The corners of the box, with labels 2 and 3, then the points, with labels 1 (foreground) and 0.
    /// </summary>
    /// <param name="points">Points in pixels of the image.</param>
    /// <param name="box">A box in pixels of the image, or null.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="size">Side of the model's input.</param>
    public static IEnumerable<(float X, float Y, int Label)> Points(
        IReadOnlyList<PointPrompt> points, BoxPrompt? box, int width, int height, int size)
    {
        (float, float, int) Scaled(float x, float y, int label) => (x / width * size, y / height * size, label);
        if (box is { } b)
        {
            yield return Scaled(b.X0, b.Y0, 2);
            yield return Scaled(b.X1, b.Y1, 3);
        }

        foreach (var point in points) yield return Scaled(point.X, point.Y, point.IsForeground ? 1 : 0);
    }

    /// <summary>A mask at the model's resolution, [1, 1, size, size], 0 or 1, float32.</summary>
    public static Tensor Mask(BinaryMask mask, long size, Device device)
    {
        using var scope = NewDisposeScope();
        var values = mask.ToTensor().to(device).to(float32).unsqueeze(0).unsqueeze(0);
        if (mask.Width != size || mask.Height != size)
        {
            values = F.interpolate(values, size: [size, size], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true)
                .ge(0.5).to(float32);
        }

        return values.MoveToOuterDisposeScope();
    }
}
