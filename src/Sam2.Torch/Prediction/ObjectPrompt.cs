using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

/// <summary>A click on an image.</summary>
/// <param name="X">Pixels from the left edge of the image; the pixel at the left has its centre at 0.</param>
/// <param name="Y">Pixels from the top edge of the image.</param>
/// <param name="IsForeground">Whether the object is here, or is not.</param>
public readonly record struct PointPrompt(float X, float Y, bool IsForeground = true);

/// <summary>A box around an object, in pixels of the image.</summary>
/// <param name="X0">Left edge.</param>
/// <param name="Y0">Top edge.</param>
/// <param name="X1">Right edge, greater than <paramref name="X0"/>.</param>
/// <param name="Y1">Bottom edge, greater than <paramref name="Y0"/>.</param>
public readonly record struct BoxPrompt(float X0, float Y0, float X1, float Y1);

/// <summary>
/// What is known of one object on an image or a frame: points, a box, and a mask or the logits of an earlier one, in any combination
/// where images are segmented. What an object is remembered by is either a mask alone, or points and a box.
/// </summary>
public sealed record ObjectPrompt
{
    /// <summary>Clicks, in pixels of the image.</summary>
    public IReadOnlyList<PointPrompt> Points { get; init; } = [];

    /// <summary>A box around the object, in pixels of the image.</summary>
    public BoxPrompt? Box { get; init; }

    /// <summary>
    /// Mask logits of an earlier prediction (<see cref="ImagePrediction.LowResLogits"/>), <c>[h, w]</c> or <c>[1, h, w]</c> with h and w
    /// a quarter of the model's image size.
    /// </summary>
    public Tensor? MaskLogits { get; init; }

    /// <summary>The object's mask, usually at the image's size; other sizes are resized. Give it instead of <see cref="MaskLogits"/>.</summary>
    public BinaryMask? Mask { get; init; }

    /// <summary>Clicks, with foreground labels unless said otherwise.</summary>
    public static ObjectPrompt FromPoints(params PointPrompt[] points) => new() { Points = points };

    /// <summary>Clicks as the original takes them: coordinates, and a label for each.</summary>
    /// <param name="coordinates">Pixels from the left and from the top edge of the image.</param>
    /// <param name="labels">1 where the object is, 0 where it is not.</param>
    /// <exception cref="ArgumentException">There are more of one than of the other, or a label is neither 1 nor 0.</exception>
    public static ObjectPrompt FromLabelledPoints(IReadOnlyList<(float X, float Y)> coordinates, IReadOnlyList<int> labels)
    {
        if (coordinates.Count != labels.Count)
            throw new ArgumentException($"There are {coordinates.Count} points and {labels.Count} labels; give one label for each point.", nameof(labels));
        if (labels.FirstOrDefault(label => label is not (0 or 1)) is var unknown and not 0)
            throw new ArgumentException($"Label {unknown} is neither 1 (on the object) nor 0 (not on it).", nameof(labels));
        return new() { Points = [.. coordinates.Zip(labels, (at, label) => new PointPrompt(at.X, at.Y, label == 1))] };
    }

    /// <summary>A box, given by its left, top, right and bottom edges in pixels.</summary>
    public static ObjectPrompt FromBox(float x0, float y0, float x1, float y1) => new() { Box = new BoxPrompt(x0, y0, x1, y1) };

    /// <summary>A mask, usually at the image's size.</summary>
    public static ObjectPrompt FromMask(BinaryMask mask) => new() { Mask = mask };

    /// <summary>Tokens that points and box take: prompts with equally many can be predicted together.</summary>
    internal int PointCount => Points.Count + (Box is null ? 0 : 2);

    /// <summary>
    /// The corners of the box, with labels 2 and 3, then the points, with labels 1 (on the object) and 0, in pixels of the model's
    /// input as the tracker takes them.
    /// </summary>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="size">Side of the model's input.</param>
    internal IEnumerable<(float X, float Y, int Label)> ModelPoints(int width, int height, int size)
    {
        (float, float, int) Scaled(float x, float y, int label) => (x / width * size, y / height * size, label);
        if (Box is { } box)
        {
            yield return Scaled(box.X0, box.Y0, 2);
            yield return Scaled(box.X1, box.Y1, 3);
        }

        foreach (var point in Points) yield return Scaled(point.X, point.Y, point.IsForeground ? 1 : 0);
    }
}

/// <summary>Checks prompts before they reach the model, which would answer nonsense with nonsense.</summary>
internal static class PromptValidation
{
    /// <summary>Throws unless the prompt says something that makes sense for an image of this size.</summary>
    /// <exception cref="ArgumentException">The prompt is empty, or a part of it is not finite, outside the image, empty or of a wrong shape.</exception>
    public static void Check(ObjectPrompt prompt, int width, int height, int maskSize)
    {
        if (prompt.Points.Count == 0 && prompt.Box is null && prompt.MaskLogits is null && prompt.Mask is null)
            throw new ArgumentException("The prompt is empty; give at least one point, a box, a mask or mask logits.");
        if (prompt.MaskLogits is not null && prompt.Mask is not null)
            throw new ArgumentException("The prompt has a mask and mask logits; give one of the two.");
        foreach (var point in prompt.Points)
        {
            if (!float.IsFinite(point.X) || !float.IsFinite(point.Y))
                throw new ArgumentException($"Point ({point.X}, {point.Y}) is not finite.");
            if (point.X < 0 || point.Y < 0 || point.X > width || point.Y > height)
                throw new ArgumentException($"Point ({point.X}, {point.Y}) is outside the image of {width}×{height} pixels.");
        }
        if (prompt.Box is { } box) Check(box, width, height);
        if (prompt.MaskLogits is { } mask) Check(mask, maskSize);
    }

    /// <summary>Throws unless the prompt can be remembered: it is a mask alone, or points and a box.</summary>
    /// <exception cref="ArgumentException">The prompt mixes the two, or has mask logits.</exception>
    public static void RequireMaskOrPoints(ObjectPrompt prompt, int objectId)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.MaskLogits is not null)
            throw new ArgumentException($"Object {objectId} is shown with mask logits, which only images take; give its mask.");
        if (prompt.Mask is not null && prompt.PointCount > 0)
            throw new ArgumentException($"Object {objectId} is shown with a mask and with points or a box; give one of the two.");
    }

    private static void Check(BoxPrompt box, int width, int height)
    {
        var text = $"Box ({box.X0}, {box.Y0}, {box.X1}, {box.Y1})";
        if (!float.IsFinite(box.X0) || !float.IsFinite(box.Y0) || !float.IsFinite(box.X1) || !float.IsFinite(box.Y1))
            throw new ArgumentException($"{text} is not finite.");
        if (box.X1 <= box.X0 || box.Y1 <= box.Y0)
            throw new ArgumentException($"{text} is empty; give left, top, right, bottom with left < right and top < bottom.");
        if (box.X0 > width || box.Y0 > height || box.X1 < 0 || box.Y1 < 0)
            throw new ArgumentException($"{text} is outside the image of {width}×{height} pixels.");
    }

    private static void Check(Tensor mask, int size)
    {
        if (!IsMaskShape(mask.shape, size))
            throw new ArgumentException($"Mask logits have shape [{string.Join(", ", mask.shape)}]; this model takes [1, {size}, {size}], the low-resolution logits of an earlier prediction.");
        using var scope = NewDisposeScope();
        // One value that is no number would make all of the answer so: binary, an empty mask that nothing explains.
        if (!mask.isfinite().all().item<bool>())
            throw new ArgumentException("Mask logits are not finite; give the low-resolution logits of an earlier prediction, which are within ±32.");
    }

    private static bool IsMaskShape(long[] shape, int size) =>
        (shape.Length == 2 || (shape.Length == 3 && shape[0] == 1)) && shape[^1] == size && shape[^2] == size;
}

/// <summary>Brings binary masks to the forms in which models take them as prompts.</summary>
public static class MaskPrompt
{
    /// <summary>What the model's own logits are like well inside (positive) and well outside (negative) of an object.</summary>
    private const float Confidence = 10;

    /// <summary>
    /// Shrinks a mask to the size that the prompt encoder takes; cells that the object covers in part get logits in between.
    /// </summary>
    /// <param name="mask">A mask of any size, usually the image's.</param>
    /// <param name="size">
    /// Side of the square result: a quarter of the model's image size (<see cref="Modeling.PromptEncoder.MaskInputSize"/>).
    /// </param>
    /// <returns>
    /// Logits within ±10 for <see cref="ObjectPrompt.MaskLogits"/>, <c>[1, size, size]</c>, float32, on the CPU. The caller disposes them.
    /// </returns>
    public static Tensor ToLogits(BinaryMask mask, int size) => ToLogits(mask, size, size, size);

    /// <summary>The same for a picture that takes only the upper left part of the square: the object isn't in the rest.</summary>
    /// <param name="mask">A mask of any size, usually the image's.</param>
    /// <param name="size">Side of the square result.</param>
    /// <param name="rows">Rows that show the picture, at most <paramref name="size"/>.</param>
    /// <param name="columns">Columns that show the picture, at most <paramref name="size"/>.</param>
    internal static Tensor ToLogits(BinaryMask mask, int size, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var logits = new float[size * size];
        Array.Fill(logits, -Confidence);
        for (var row = 0; row < rows; row++)
        {
            var (top, bottom) = Cover(row, rows, mask.Height);
            for (var column = 0; column < columns; column++)
            {
                var (left, right) = Cover(column, columns, mask.Width);
                var inside = 0;
                for (var y = top; y < bottom; y++)
                {
                    foreach (var pixel in mask.Row(y)[left..right])
                    {
                        inside += pixel;
                    }
                }

                logits[row * size + column] = Confidence * (2f * inside / ((bottom - top) * (right - left)) - 1);
            }
        }

        return tensor(logits, 1, size, size);
    }

    /// <summary>A mask at the model's resolution, as tracking takes it.</summary>
    /// <param name="mask">A mask of any size, usually the image's.</param>
    /// <param name="size">Side of the model's input.</param>
    /// <param name="device">Where the result is needed.</param>
    /// <returns><c>[1, 1, size, size]</c>, 0 or 1, float32.</returns>
    internal static Tensor ToModelInput(BinaryMask mask, long size, Device device)
    {
        using var scope = NewDisposeScope();
        var values = TensorMemory.Upload(mask.ToTensor(), device).to(float32).unsqueeze(0).unsqueeze(0);
        if (mask.Width != size || mask.Height != size)
        {
            values = F.interpolate(values, size: [size, size], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true)
                .ge(Scalars.Of(0.5)).to(float32);
        }

        return values.MoveToOuterDisposeScope();
    }

    // The pixels that a cell touches, at least one.
    private static (int Start, int End) Cover(int cell, int cells, int pixels) =>
        ((int)((long)cell * pixels / cells), (int)(((long)(cell + 1) * pixels + cells - 1) / cells));
}
