using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Prompts;

/// <summary>Where a simulated user clicks.</summary>
public enum PointSampling
{
    /// <summary>On any wrong pixel with the same probability.</summary>
    Uniform,

    /// <summary>On the centre of the largest error: the wrong pixel farthest from its region's boundary.</summary>
    Center,
}

/// <summary>Draws the prompts of a simulated user from true and predicted masks (sam2/modeling/sam2_utils.py).</summary>
public static class PromptSampler
{
    private const int Background = 0, Foreground = 1, BoxTopLeft = 2, BoxBottomRight = 3;

    /// <summary>
    /// One click per object on a wrong pixel: foreground where the prediction misses the object, background where it exceeds
    /// it. Without a prediction the click goes onto the object. If nothing is wrong, <see cref="PointSampling.Uniform"/> clicks
    /// somewhere on the background, and <see cref="PointSampling.Center"/> marks the corner (0, 0) as background; both mark the
    /// corner for an object that fills the picture.
    /// </summary>
    /// <param name="masks">True masks, [O, 1, S, S], bool.</param>
    /// <param name="predicted">Predicted masks, [O, 1, S, S], bool; null for none.</param>
    /// <param name="sampling">Where in the wrong region.</param>
    /// <param name="random">The source of randomness of <see cref="PointSampling.Uniform"/>.</param>
    /// <returns>One point per object, [O, 1, 2], in pixels.</returns>
    public static PointTensors Click(Tensor masks, Tensor? predicted, PointSampling sampling, TrainingRandom random)
    {
        using var scope = NewDisposeScope();
        var truth = BinaryMask.FromTensors(masks.squeeze(1).cpu());
        var guess = predicted is null ? null : BinaryMask.FromTensors(predicted.squeeze(1).cpu());
        var coordinates = new float[truth.Length * 2];
        var labels = new int[truth.Length];
        for (var o = 0; o < truth.Length; o++)
        {
            var prediction = guess?[o] ?? new BinaryMask(truth[o].Height, truth[o].Width);
            var (x, y, foreground) = sampling == PointSampling.Center
                ? CentreOfError(truth[o], prediction)
                : AnywhereInError(truth[o], prediction, random);
            (coordinates[2 * o], coordinates[(2 * o) + 1]) = (x, y);
            labels[o] = foreground ? Foreground : Background;
        }

        return Prompts(coordinates, labels, perObject: 1, masks.device);
    }

    /// <summary>
    /// The boxes around objects, each side displaced by at most <paramref name="noise"/> of the box's width or height, by at
    /// most <paramref name="noiseBound"/> pixels, and not beyond the picture.
    /// </summary>
    /// <param name="masks">True masks, [O, 1, S, S], bool.</param>
    /// <param name="noise">A fraction; 0 for exact boxes.</param>
    /// <param name="noiseBound">Pixels.</param>
    /// <param name="random">The source of randomness.</param>
    /// <returns>Two corners per object, [O, 2, 2], in pixels. An object without pixels gets the whole picture with its corners swapped.</returns>
    public static PointTensors Box(Tensor masks, double noise, double noiseBound, TrainingRandom random)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (masks.size(2), masks.size(3));
        var boxes = TensorMemory.ToArray<long>(BoxFromMask.ComputeWithEmptyInverted(masks));
        var coordinates = Array.ConvertAll(boxes, edge => (float)edge);
        if (noise > 0)
        {
            for (var i = 0; i < coordinates.Length; i++)
            {
                var box = i - (i % 4);
                var side = i % 2 == 0 ? boxes[box + 2] - boxes[box] : boxes[box + 3] - boxes[box + 1];
                var displaced = coordinates[i] + (random.Between(-1.0, 1.0) * Math.Min(side * noise, noiseBound));
                coordinates[i] = (float)Math.Clamp(displaced, 0, (i % 2 == 0 ? width : height) - 1);
            }
        }

        var labels = Enumerable.Range(0, boxes.Length / 2).Select(i => i % 2 == 0 ? BoxTopLeft : BoxBottomRight).ToArray();
        return Prompts(coordinates, labels, perObject: 2, masks.device);
    }

    /// <summary>Both prompts' points, the later ones at the end; both are left as they are.</summary>
    public static PointTensors Append(PointTensors? earlier, PointTensors later) => earlier is null
        ? later
        : new(cat([earlier.Coordinates, later.Coordinates], 1), cat([earlier.Labels, later.Labels], 1));

    private static (float X, float Y, bool Foreground) CentreOfError(BinaryMask truth, BinaryMask prediction) =>
        SimulatedUser.NextClick(truth, prediction) is { } click ? (click.X, click.Y, click.IsForeground) : (0, 0, false);

    private static (float X, float Y, bool Foreground) AnywhereInError(BinaryMask truth, BinaryMask prediction, TrainingRandom random)
    {
        var wrong = new BinaryMask(truth.Height, truth.Width);
        for (var i = 0; i < wrong.Data.Length; i++) wrong.Data[i] = (byte)(truth.Data[i] ^ prediction.Data[i]);
        var count = wrong.Area;
        if (count == 0)
        {
            for (var i = 0; i < wrong.Data.Length; i++) wrong.Data[i] = (byte)(1 - truth.Data[i]);
            count = wrong.Area;
            if (count == 0) return (0, 0, false);
        }

        var remaining = random.Below((int)count);
        var pixel = 0;
        while (wrong.Data[pixel] == 0 || remaining-- > 0) pixel++;
        return (pixel % truth.Width, pixel / truth.Width, truth.Data[pixel] != 0);
    }

    private static PointTensors Prompts(float[] coordinates, int[] labels, int perObject, Device device)
    {
        var objects = labels.Length / perObject;
        return new(
            tensor(coordinates, [objects, perObject, 2]).to(device).MoveToOuterDisposeScope(),
            tensor(labels, [objects, perObject]).to(device).MoveToOuterDisposeScope());
    }
}
