using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

/// <summary>Brings binary masks to the forms in which models take them as prompts.</summary>
public static class MaskPrompt
{
    /// <summary>What the model's own logits are like well inside (positive) and well outside (negative) of an object.</summary>
    private const float Confidence = 10;

    /// <summary>
    /// Shrinks a mask to the size that the prompt encoder takes; cells that the object covers in part get logits in between.
    /// </summary>
    /// <param name="mask">A mask of any size, usually the image's.</param>
    /// <param name="size">
    /// Side of the square result: a quarter of the model's image size (<see cref="Modeling.PromptEncoder.MaskInputSize"/>).
    /// </param>
    /// <returns>
    /// Logits within ±10 for <see cref="ObjectPrompt.MaskLogits"/>, <c>[1, size, size]</c>, float32, on the CPU. The caller disposes them.
    /// </returns>
    public static Tensor ToLogits(BinaryMask mask, int size) => ToLogits(mask, size, size, size);

    /// <summary>The same for a picture that takes only the upper left part of the square: the object isn't in the rest.</summary>
    /// <param name="mask">A mask of any size, usually the image's.</param>
    /// <param name="size">Side of the square result.</param>
    /// <param name="rows">Rows that show the picture, at most <paramref name="size"/>.</param>
    /// <param name="columns">Columns that show the picture, at most <paramref name="size"/>.</param>
    internal static Tensor ToLogits(BinaryMask mask, int size, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var logits = new float[size * size];
        Array.Fill(logits, -Confidence);
        for (var row = 0; row < rows; row++)
        {
            var (top, bottom) = Cover(row, rows, mask.Height);
            for (var column = 0; column < columns; column++)
            {
                var (left, right) = Cover(column, columns, mask.Width);
                var inside = 0;
                for (var y = top; y < bottom; y++)
                {
                    foreach (var pixel in mask.Row(y)[left..right])
                    {
                        inside += pixel;
                    }
                }

                logits[row * size + column] = Confidence * (2f * inside / ((bottom - top) * (right - left)) - 1);
            }
        }

        return tensor(logits, 1, size, size);
    }

    /// <summary>A mask at the model's resolution, as tracking takes it.</summary>
    /// <param name="mask">A mask of any size, usually the image's.</param>
    /// <param name="size">Side of the model's input.</param>
    /// <param name="device">Where the result is needed.</param>
    /// <returns><c>[1, 1, size, size]</c>, 0 or 1, float32.</returns>
    internal static Tensor ToModelInput(BinaryMask mask, long size, Device device)
    {
        using var scope = NewDisposeScope();
        var values = TensorMemory.Upload(mask.ToTensor(), device).to(float32).unsqueeze(0).unsqueeze(0);
        if (mask.Width != size || mask.Height != size)
        {
            values = F.interpolate(values, size: [size, size], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true)
                .ge(Scalars.Of(0.5)).to(float32);
        }

        return values.MoveToOuterDisposeScope();
    }

    // The pixels that a cell touches, at least one.
    private static (int Start, int End) Cover(int cell, int cells, int pixels) =>
        ((int)((long)cell * pixels / cells), (int)(((long)(cell + 1) * pixels + cells - 1) / cells));
}
