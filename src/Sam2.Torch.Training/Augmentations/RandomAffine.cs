using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>
/// Turns, shears, scales and moves. A map that would push an object out of the clip's first frame is drawn again; after
/// <see cref="NumTentatives"/> draws the clip stays as it is.
/// </summary>
public sealed record RandomAffine : FrameAugmentation<Affine2>
{
    /// <summary>Largest turn in either direction, in degrees, 0 to 180.</summary>
    public double Degrees { get; init; }

    /// <summary>Largest tilt of upright lines in either direction, in degrees, 0 to 80.</summary>
    public double Shear { get; init; }

    /// <summary>Smallest and largest growth; null for none.</summary>
    public IReadOnlyList<double>? Scale { get; init; }

    /// <summary>Largest shifts along x and y, as fractions of width and height; null for none.</summary>
    public IReadOnlyList<double>? Translate { get; init; }

    /// <summary>Number of maps that are drawn before the clip is left as it is, at least 1.</summary>
    public int NumTentatives { get; init; } = 1;

    /// <inheritdoc/>
    public override void Check()
    {
        RequireRange(nameof(Degrees), Degrees, 0, 180);
        RequireRange(nameof(Shear), Shear, 0, 80);
        RequireRange(nameof(NumTentatives), NumTentatives, 1, 1000);
        RequirePair(nameof(Scale), Scale, 0.01, 100);
        RequirePair(nameof(Translate), Translate, 0, 1);
        if (Scale is { } scale && scale[0] > scale[1])
            throw new ArgumentOutOfRangeException(nameof(Scale), $"scale is [{scale[0]}, {scale[1]}], but must have the smaller number first.");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
    {
        for (var tentative = 0; tentative < NumTentatives; tentative++)
        {
            var maps = DrawAll(clip, random);
            if (KeepsObjects(clip[0].Masks, maps[0]))
                return Change(clip, maps);
        }
        return clip;
    }

    /// <inheritdoc/>
    protected override Affine2 Draw(ClipFrame frame, TrainingRandom random)
    {
        var degrees = random.Between(-Degrees, Degrees);
        var (x, y) = Translate is { } share
            ? (Math.Round(random.Between(-share[0], share[0]) * frame.Width), Math.Round(random.Between(-share[1], share[1]) * frame.Height))
            : (0, 0);
        var scale = Scale is { } range ? random.Between(range[0], range[1]) : 1;
        return AffineWarp.About(degrees, random.Between(-Shear, Shear), scale, x, y);
    }

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, Affine2 map) => map == Affine2.Identity ? frame : AffineWarp.Apply(frame, map);

    private static bool KeepsObjects(Tensor masks, Affine2 map)
    {
        using var scope = NewDisposeScope();
        static Tensor Visible(Tensor masks) => masks.flatten(1).any(1);
        return masks.size(0) == 0 || Visible(AffineWarp.Masks(masks, map.Inverse())).logical_or(Visible(masks).logical_not()).all().item<bool>();
    }

    private static void RequirePair(string name, IReadOnlyList<double>? pair, double low, double high)
    {
        if (pair is null)
            return;
        if (pair.Count != 2)
            throw new ArgumentOutOfRangeException(name, $"{Spelling.InFiles(name)} has {pair.Count} numbers, but must have two, such as [{low}, {high}].");
        RequireRange(name, pair[0], low, high);
        RequireRange(name, pair[1], low, high);
    }
}

/// <summary>Moves a frame's content by an affine map. Picture and masks are sampled at the same places.</summary>
internal static class AffineWarp
{
    /// <summary>Up to this factor of shrinking, one sample for each pixel is enough.</summary>
    private const double HarmlessShrinking = 1.25;

    private const double MostSamples = 8;

    /// <summary>Fills what the map leaves empty: ImageNet's mean colour, as in the original.</summary>
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

        // Where the content shrinks, several samples for each pixel prevent aliasing.
        var stretch = LargestStretch(back);
        var samples = stretch <= HarmlessShrinking ? 1 : (long)Math.Min(MostSamples, Math.Ceiling(stretch));
        var fill = tensor(Fill).view(3, 1, 1);
        var fine = Sample((frame.Image - fill).unsqueeze(0), back, samples, GridSampleMode.Bilinear);
        var image = (samples == 1 ? fine : F.avg_pool2d(fine, samples)).squeeze(0).Plus(fill);
        return new ClipFrame(image.clamp(Scalars.Of(0), Scalars.Of(1)), masks).MoveToOuterDisposeScope();
    }

    /// <summary>Masks [O, H, W] moved by a map, given the inverse of that map.</summary>
    public static Tensor Masks(Tensor masks, Affine2 back)
    {
        using var scope = NewDisposeScope();
        return Sample(masks.to(float32).unsqueeze(0), back, 1, GridSampleMode.Nearest).squeeze(0).gt(Scalars.Of(0.5)).MoveToOuterDisposeScope();
    }

    private static Tensor Sample(Tensor planes, Affine2 back, long samples, GridSampleMode mode)
    {
        // The sampler's coordinates go from −1 to 1 between the outer edges of the picture.
        var (height, width) = ((double)planes.size(2), (double)planes.size(3));
        float[] theta =
        [
            (float)back.Xx, (float)(back.Xy * height / width), (float)(2 * back.X0 / width),
            (float)(back.Yx * width / height), (float)back.Yy, (float)(2 * back.Y0 / height),
        ];
        var grid = F.affine_grid(tensor(theta).view(1, 2, 3), [1, 1, planes.size(2) * samples, planes.size(3) * samples], align_corners: false);
        return F.grid_sample(planes, grid, mode, GridSamplePaddingMode.Zeros, align_corners: false);
    }

    /// <summary>The larger singular value.</summary>
    private static double LargestStretch(Affine2 map)
    {
        var sum = (map.Xx * map.Xx) + (map.Xy * map.Xy) + (map.Yx * map.Yx) + (map.Yy * map.Yy);
        return Math.Sqrt((sum + Math.Sqrt(Math.Max(0, (sum * sum) - (4 * map.Determinant * map.Determinant)))) / 2);
    }
}

/// <summary>Resizes to a side that is drawn from a list: the shorter side, or both to a square.</summary>
public sealed record RandomResize : FrameAugmentation<int>
{
    /// <summary>The sides to choose from, in pixels.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [1024];

    /// <summary>
    /// Largest length of the longer side, in pixels: a picture that would exceed it is scaled down as a whole. Null for no limit; squares
    /// ignore it.
    /// </summary>
    public int? MaxSize { get; init; }

    /// <summary>Whether the result is a square, whatever the frame's shape.</summary>
    public bool Square { get; init; }

    /// <inheritdoc/>
    public override void Check()
    {
        if (Sizes.Count == 0)
            throw new ArgumentOutOfRangeException(nameof(Sizes), "sizes is empty, but must have at least one side in pixels.");
        foreach (var size in Sizes)
            RequireRange(nameof(Sizes), size, 1, 16384);
        RequireRange(nameof(MaxSize), MaxSize ?? 1, 1, 16384);
    }

    /// <summary>The size of a frame whose shorter side is to be <paramref name="side"/>.</summary>
    internal static (long Height, long Width) Fit(long height, long width, double side, int? maxSize)
    {
        var (shorter, longer) = (Math.Min(height, width), Math.Max(height, width));
        if (maxSize is { } limit && (double)longer / shorter * side > limit)
            side = (double)limit * shorter / longer;
        long Scaled(long length) => Math.Max(1, (long)Math.Round(length == shorter ? side : side * length / shorter));
        return (Scaled(height), Scaled(width));
    }

    /// <inheritdoc/>
    protected override int Draw(ClipFrame frame, TrainingRandom random) => Sizes[random.Below(Sizes.Count)];

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, int side)
    {
        var (height, width) = Square ? (side, side) : Fit(frame.Height, frame.Width, side, MaxSize);
        return frame.ResizedTo(height, width);
    }
}

/// <summary>Mirrors left and right.</summary>
public sealed record RandomHorizontalFlip : FrameAugmentation<bool>
{
    /// <summary>Probability, in [0, 1].</summary>
    public double P { get; init; } = 0.5;

    /// <inheritdoc/>
    public override void Check() => RequireRange(nameof(P), P, 0, 1);

    /// <inheritdoc/>
    protected override bool Draw(ClipFrame frame, TrainingRandom random) => random.Chance(P);

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, bool mirrored) => mirrored ? new ClipFrame(frame.Image.flip(2), frame.Masks.flip(2)) : frame;
}
