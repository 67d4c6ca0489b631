using Sam2.Torch.Data;
using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>Moves a frame's content by an affine map. Picture and masks are sampled at the same places.</summary>
internal static class AffineWarp
{
    /// <summary>Up to this much shrinking, neighbouring samples overlap well enough.</summary>
    private const double HarmlessShrinking = 1.25;

    private const double MostSamples = 8;

    /// <summary>What fills up the picture: ImageNet's mean colour, as in the original.</summary>
    private static readonly float[] Fill = [123 / 255f, 116 / 255f, 103 / 255f];

    /// <summary>A map about the centre: shears along x, turns, scales, then moves.</summary>
    /// <param name="degrees">Turn, clockwise on the screen.</param>
    /// <param name="shearDegrees">Angle by which upright lines are tilted.</param>
    /// <param name="scale">Growth, above 0.</param>
    /// <param name="x">Shift to the right, in pixels.</param>
    /// <param name="y">Shift downwards, in pixels.</param>
    public static Affine2 About(double degrees, double shearDegrees, double scale, double x, double y) =>
        Affine2.Translation(x, y) * Affine2.Scaling(scale, scale) * Affine2.Rotation(degrees * Math.PI / 180)
        * new Affine2(1, -Math.Tan(shearDegrees * Math.PI / 180), 0, 0, 1, 0);

    /// <summary>The frame after a map of the plane in pixels, whose origin is the frame's centre.</summary>
    public static ClipFrame Apply(ClipFrame frame, Affine2 map)
    {
        using var scope = NewDisposeScope();
        var back = map.Inverse();
        var masks = Masks(frame.Masks, back);

        // Where the content shrinks, several samples to a pixel keep fine patterns from turning into others.
        var stretch = LargestStretch(back);
        var samples = stretch <= HarmlessShrinking ? 1 : (long)Math.Min(MostSamples, Math.Ceiling(stretch));
        var fill = tensor(Fill).view(3, 1, 1);
        var fine = Sample((frame.Image - fill).unsqueeze(0), back, samples, GridSampleMode.Bilinear);
        var image = (samples == 1 ? fine : F.avg_pool2d(fine, samples)).squeeze(0) + fill;
        return new ClipFrame(image.clamp(0, 1), masks).MoveToOuterDisposeScope();
    }

    /// <summary>Masks [O, H, W] after a map, given the way back.</summary>
    public static Tensor Masks(Tensor masks, Affine2 back)
    {
        using var scope = NewDisposeScope();
        return (Sample(masks.to(float32).unsqueeze(0), back, 1, GridSampleMode.Nearest).squeeze(0) > 0.5f).MoveToOuterDisposeScope();
    }

    private static Tensor Sample(Tensor planes, Affine2 back, long samples, GridSampleMode mode)
    {
        // The sampler's coordinates go from −1 to 1 between the outer edges of the picture.
        var (height, width) = ((double)planes.shape[2], (double)planes.shape[3]);
        float[] theta =
        [
            (float)back.Xx, (float)(back.Xy * height / width), (float)(2 * back.X0 / width),
            (float)(back.Yx * width / height), (float)back.Yy, (float)(2 * back.Y0 / height),
        ];
        var grid = F.affine_grid(tensor(theta).view(1, 2, 3), [1, 1, planes.shape[2] * samples, planes.shape[3] * samples], align_corners: false);
        return F.grid_sample(planes, grid, mode, GridSamplePaddingMode.Zeros, align_corners: false);
    }

    /// <summary>The larger singular value.</summary>
    private static double LargestStretch(Affine2 map)
    {
        var sum = (map.Xx * map.Xx) + (map.Xy * map.Xy) + (map.Yx * map.Yx) + (map.Yy * map.Yy);
        return Math.Sqrt((sum + Math.Sqrt(Math.Max(0, (sum * sum) - (4 * map.Determinant * map.Determinant)))) / 2);
    }
}
