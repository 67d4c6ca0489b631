using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>What is said of one object on one image: points, a box, points with a box, or a mask alone.</summary>
/// <param name="ObjectId">Any number; the caller's name of the object.</param>
public sealed record InteractivePrompt(int ObjectId)
{
    /// <summary>Clicks, in pixels of the image.</summary>
    public IReadOnlyList<PointPrompt> Points { get; init; } = [];

    /// <summary>A box around the object, in pixels of the image.</summary>
    public BoxPrompt? Box { get; init; }

    /// <summary>The object's mask, as a rule at the image's size.</summary>
    public BinaryMask? Mask { get; init; }
}
