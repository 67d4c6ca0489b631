using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>Checks that two masks can be compared.</summary>
internal static class MaskSizes
{
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static void RequireEqual(BinaryMask predicted, BinaryMask truth)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(truth);
        if (predicted.Height != truth.Height || predicted.Width != truth.Width)
        {
            throw new ArgumentException(
                $"The prediction is {predicted.Width}×{predicted.Height}, the true mask {truth.Width}×{truth.Height}; predict at the size of the annotations.",
                nameof(predicted));
        }
    }
}
