using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>What is known of one object: points, a box, the logits of an earlier mask, or any combination of them.</summary>
public sealed record ObjectPrompt
{
    /// <summary>Clicks.</summary>
    public IReadOnlyList<PointPrompt> Points { get; init; } = [];

    /// <summary>A box around the object.</summary>
    public BoxPrompt? Box { get; init; }

    /// <summary>
    /// Mask logits of an earlier prediction (<see cref="ImagePrediction.LowResLogits"/>), <c>[h, w]</c> or <c>[1, h, w]</c> with h and w
    /// a quarter of the model's image size.
    /// </summary>
    public Tensor? MaskLogits { get; init; }

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

    /// <summary>Tokens that points and box take: prompts with equally many can be predicted together.</summary>
    internal int PointCount => Points.Count + (Box is null ? 0 : 2);
}
