using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// F, the accuracy of a mask's outline (Perazzi et al., <i>A Benchmark Dataset and Evaluation Methodology for Video Object
/// Segmentation</i>, 2016): the harmonic mean of precision and recall of boundary pixels, of which those count as found that are
/// no farther than a tolerance from the other mask's boundary.
/// </summary>
public static class BoundaryAccuracy
{
    /// <summary>The benchmarks' tolerance, as a fraction of the image's diagonal.</summary>
    public const double DefaultTolerance = 0.008;

    /// <summary>F of a prediction, 0 to 1; 1 if neither mask has a boundary.</summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The true mask, of the same size.</param>
    /// <param name="tolerance">Largest distance of matching boundaries, as a fraction of the image's diagonal; rounded up to pixels.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double Of(BinaryMask predicted, BinaryMask truth, double tolerance = DefaultTolerance)
    {
        MaskSizes.RequireEqual(predicted, truth);
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        var found = BitMorphology.Boundary(new BitMask(predicted));
        var wanted = BitMorphology.Boundary(new BitMask(truth));
        long foundCount = found.Count(), wantedCount = wanted.Count();
        if (foundCount == 0 || wantedCount == 0)
        {
            return foundCount == wantedCount ? 1 : 0;
        }

        int radius = Radius(truth.Height, truth.Width, tolerance);
        double precision = (double)found.CountBoth(BitMorphology.DilateByDisk(wanted, radius)) / foundCount;
        double recall = (double)wanted.CountBoth(BitMorphology.DilateByDisk(found, radius)) / wantedCount;
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }

    /// <summary>The tolerance in pixels.</summary>
    internal static int Radius(int height, int width, double tolerance) =>
        (int)Math.Ceiling(tolerance * Math.Sqrt(((double)height * height) + ((double)width * width)));
}
