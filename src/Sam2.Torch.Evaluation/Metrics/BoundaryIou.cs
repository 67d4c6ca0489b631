using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// Boundary IoU (Cheng et al., <i>Boundary IoU: Improving Object-Centric Image Segmentation Evaluation</i>, 2021): the IoU of
/// those parts of two masks that lie within a distance of their own outline, so that large objects don't hide coarse edges.
/// </summary>
public static class BoundaryIou
{
    /// <summary>The authors' distance, as a fraction of the image's diagonal.</summary>
    public const double DefaultDistance = 0.02;

    /// <summary>Boundary IoU of a prediction, 0 to 1; 1 if both masks are empty.</summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The true mask, of the same size.</param>
    /// <param name="distance">How far inside a mask its boundary reaches, as a fraction of the image's diagonal; at least a pixel.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double Of(BinaryMask predicted, BinaryMask truth, double distance = DefaultDistance)
    {
        MaskSizes.RequireEqual(predicted, truth);
        ArgumentOutOfRangeException.ThrowIfNegative(distance);
        double diagonal = Math.Sqrt(((double)truth.Height * truth.Height) + ((double)truth.Width * truth.Width));
        int steps = Math.Max(1, (int)Math.Round(distance * diagonal, MidpointRounding.ToEven));
        var found = BitMorphology.InnerRim(new BitMask(predicted), steps);
        var wanted = BitMorphology.InnerRim(new BitMask(truth), steps);
        long both = found.CountBoth(wanted);
        long either = found.Count() + wanted.Count() - both;
        return either == 0 ? 1 : (double)both / either;
    }
}
