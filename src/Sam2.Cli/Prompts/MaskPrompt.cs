using Sam2.Torch.Masks;

namespace Sam2.Cli.Prompts;

/// <summary>Makes the mask input of the prompt encoder of a binary mask.</summary>
public static class MaskPrompt
{
    /// <summary>What the model's own logits are like well inside (positive) and well outside (negative) of an object.</summary>
    private const float Confidence = 10;

    /// <summary>Shrinks a mask to the size that the prompt encoder takes; cells that the object covers in part get logits in between.</summary>
    /// <param name="mask">The mask at the image's size.</param>
    /// <param name="size">Side of the square result: a quarter of the model's image size.</param>
    /// <returns>Logits, row-major, <paramref name="size"/>² of them.</returns>
    public static float[] ToLogits(BinaryMask mask, int size)
    {
        var logits = new float[size * size];
        for (var row = 0; row < size; row++)
        {
            var (top, bottom) = Cover(row, size, mask.Height);
            for (var column = 0; column < size; column++)
            {
                var (left, right) = Cover(column, size, mask.Width);
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

        return logits;
    }

    // The pixels that a cell touches, at least one.
    private static (int Start, int End) Cover(int cell, int cells, int pixels) =>
        ((int)((long)cell * pixels / cells), (int)(((long)(cell + 1) * pixels + cells - 1) / cells));
}
