using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>
/// Repeats the video in a grid of small copies and keeps the masks of one copy only: the model has to tell it from the others by
/// its place (training/dataset/transforms.py, <c>RandomMosaicVideoAPI</c>). Always the same for all frames.
/// </summary>
public sealed record RandomMosaic : IClipAugmentation
{
    private const int LargestGrid = 16;

    /// <summary>Probability, in [0, 1].</summary>
    public double Prob { get; init; } = 0.15;

    /// <summary>Rows of the grid, 1 to 16.</summary>
    public int GridH { get; init; } = 2;

    /// <summary>Columns of the grid, 1 to 16.</summary>
    public int GridW { get; init; } = 2;

    /// <summary>Whether each copy is mirrored with probability one half.</summary>
    public bool UseRandomHflip { get; init; }

    /// <inheritdoc/>
    public void Check()
    {
        if (!(Prob is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(Prob), Prob, $"prob is {Prob}, but must be from 0 to 1.");
        if (GridH is < 1 or > LargestGrid || GridW is < 1 or > LargestGrid)
            throw new ArgumentOutOfRangeException(nameof(GridH), $"grid_h and grid_w are {GridH} and {GridW}, but must be from 1 to {LargestGrid}.");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
    {
        if (!random.Chance(Prob))
            return clip;
        var target = (random.Below(GridH), random.Below(GridW));
        var mirrored = new bool[GridH, GridW];
        for (var y = 0; y < GridH; y++)
            for (var x = 0; x < GridW; x++)
                mirrored[y, x] = UseRandomHflip && random.Chance(0.5);
        return [.. clip.Select(frame => frame.Height < GridH || frame.Width < GridW ? frame : Repeat(frame, target, mirrored))];
    }

    private ClipFrame Repeat(ClipFrame frame, (int Y, int X) target, bool[,] mirrored)
    {
        using var scope = NewDisposeScope();
        var (image, masks) = (empty_like(frame.Image), zeros_like(frame.Masks));
        for (var y = 0; y < GridH; y++)
            for (var x = 0; x < GridW; x++)
            {
                var (top, left) = (y * frame.Height / GridH, x * frame.Width / GridW);
                var (height, width) = (((y + 1) * frame.Height / GridH) - top, ((x + 1) * frame.Width / GridW) - left);
                var small = Smaller(frame.Image, height, width);
                Place(image, top, left, mirrored[y, x] ? small.flip(2) : small);
                if ((y, x) == target)
                {
                    // Antialiased like the picture: a pixel belongs to the mask if more than half of it is covered.
                    var part = Smaller(frame.Masks.to(float32), height, width).gt(Scalars.Of(0.5));
                    Place(masks, top, left, mirrored[y, x] ? part.flip(2) : part);
                }
            }
        return new ClipFrame(image, masks).MoveToOuterDisposeScope();
    }

    private static Tensor Smaller(Tensor planes, long height, long width) => planes.size(0) == 0
        ? zeros([0, height, width])
        : F.interpolate(planes.unsqueeze(0), size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true).squeeze(0);

    private static void Place(Tensor planes, long top, long left, Tensor part) =>
        planes.narrow(1, top, part.size(1)).narrow(2, left, part.size(2)).copy_(part);
}
