using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>Compares one predicted mask with the true one. All values are fractions, 0 to 1, and 1 for equal masks.</summary>
public static class MaskMetrics
{
    /// <summary>The benchmarks' tolerance of <see cref="BoundaryAccuracy"/>, as a fraction of the image's diagonal.</summary>
    public const double DefaultTolerance = 0.008;

    /// <summary>The distance of <see cref="BoundaryIou"/> that its authors use, as a fraction of the image's diagonal.</summary>
    public const double DefaultDistance = 0.02;

    /// <summary>
    /// J, the similarity of regions (Perazzi et al., <i>A Benchmark Dataset and Evaluation Methodology for Video Object
    /// Segmentation</i>, 2016): the intersection of two masks over their union; 1 if both masks are empty.
    /// </summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The true mask, of the same size.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double RegionSimilarity(BinaryMask predicted, BinaryMask truth)
    {
        RequireEqualSizes(predicted, truth);
        return predicted.Iou(truth);
    }

    /// <summary>
    /// F, the accuracy of a mask's outline (Perazzi et al., 2016): the harmonic mean of precision and recall of boundary pixels. A
    /// boundary pixel counts as found if it is no farther than a tolerance from the other mask's boundary. 1 if neither mask has a
    /// boundary.
    /// </summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The true mask, of the same size.</param>
    /// <param name="tolerance">Largest distance of matching boundaries, as a fraction of the image's diagonal; rounded up to pixels.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double BoundaryAccuracy(BinaryMask predicted, BinaryMask truth, double tolerance = DefaultTolerance)
    {
        RequireEqualSizes(predicted, truth);
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        var found = BitMorphology.Boundary(new BitMask(predicted));
        var wanted = BitMorphology.Boundary(new BitMask(truth));
        long foundCount = found.Count(), wantedCount = wanted.Count();
        if (foundCount == 0 || wantedCount == 0)
        {
            return foundCount == wantedCount ? 1 : 0;
        }

        int radius = (int)Math.Ceiling(tolerance * Diagonal(truth));
        double precision = (double)found.CountBoth(BitMorphology.DilateByDisk(wanted, radius)) / foundCount;
        double recall = (double)wanted.CountBoth(BitMorphology.DilateByDisk(found, radius)) / wantedCount;
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    /// <summary>
    /// Boundary IoU (Cheng et al., <i>Boundary IoU: Improving Object-Centric Image Segmentation Evaluation</i>, 2021): the IoU of
    /// those parts of two masks that lie within a distance of their own outline, so that large objects don't hide coarse edges. 1 if
    /// both masks are empty.
    /// </summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The true mask, of the same size.</param>
    /// <param name="distance">How far inside a mask its boundary reaches, as a fraction of the image's diagonal; at least a pixel.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double BoundaryIou(BinaryMask predicted, BinaryMask truth, double distance = DefaultDistance)
    {
        RequireEqualSizes(predicted, truth);
        ArgumentOutOfRangeException.ThrowIfNegative(distance);
        int steps = Math.Max(1, (int)Math.Round(distance * Diagonal(truth), MidpointRounding.ToEven));
        var found = BitMorphology.InnerRim(new BitMask(predicted), steps);
        var wanted = BitMorphology.InnerRim(new BitMask(truth), steps);
        long both = found.CountBoth(wanted);
        long either = found.Count() + wanted.Count() - both;
        return either == 0 ? 1 : (double)both / either;
    }

    private static double Diagonal(BinaryMask mask) => Math.Sqrt(((double)mask.Height * mask.Height) + ((double)mask.Width * mask.Width));

    private static void RequireEqualSizes(BinaryMask predicted, BinaryMask truth)
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

/// <summary>How the IoU of an object grows with clicks: value k − 1 is the IoU after k clicks.</summary>
public static class ClickCurve
{
    /// <summary>
    /// NoC@threshold: how many clicks it takes to reach an IoU (Sofiiuk et al., RITM, 2022); the number of all clicks if they don't
    /// suffice, which counts as a failure.
    /// </summary>
    public static (int Clicks, bool IsFailure) NumberOfClicks(IReadOnlyList<double> ious, double threshold)
    {
        ArgumentNullException.ThrowIfNull(ious);
        for (int i = 0; i < ious.Count; i++)
        {
            if (ious[i] >= threshold)
            {
                return (i + 1, false);
            }
        }

        return (ious.Count, true);
    }

    /// <summary>The area under the curve from the first to the last click by the trapezoidal rule, as a fraction of the largest possible.</summary>
    public static double Area(IReadOnlyList<double> ious)
    {
        ArgumentNullException.ThrowIfNull(ious);
        ArgumentOutOfRangeException.ThrowIfZero(ious.Count, nameof(ious));
        return ious.Count == 1 ? ious[0] : ious.Zip(ious.Skip(1), (a, b) => (a + b) / 2).Average();
    }
}
