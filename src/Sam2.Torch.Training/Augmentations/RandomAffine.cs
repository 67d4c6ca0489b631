using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>
/// Turns, shears, scales and moves. A map that takes an object out of the clip's first frame is drawn again, and left out if no luck is had.
/// </summary>
internal sealed record RandomAffine : FrameAugmentation<Affine2>
{
    /// <summary>Most turn either way, in degrees, 0 to 180.</summary>
    public double Degrees { get; init; }

    /// <summary>Most tilt of upright lines either way, in degrees, 0 to 80.</summary>
    public double Shear { get; init; }

    /// <summary>Smallest and largest growth; null for none.</summary>
    public IReadOnlyList<double>? Scale { get; init; }

    /// <summary>Most shift along x and y, as shares of width and height; null for none.</summary>
    public IReadOnlyList<double>? Translate { get; init; }

    /// <summary>How often a map is drawn before the clip stays as it is, at least 1.</summary>
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
        return masks.shape[0] == 0 || Visible(AffineWarp.Masks(masks, map.Inverse())).logical_or(Visible(masks).logical_not()).all().item<bool>();
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
