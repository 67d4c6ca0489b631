using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>J, the similarity of regions (Perazzi et al., 2016): the intersection of two masks over their union.</summary>
public static class RegionSimilarity
{
    /// <summary>J of a prediction, 0 to 1; 1 if both masks are empty.</summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The true mask, of the same size.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double Of(BinaryMask predicted, BinaryMask truth)
    {
        MaskSizes.RequireEqual(predicted, truth);
        return predicted.Iou(truth);
    }
}
