using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>An object on a picture: where it is and what is said of it. Formats keep what they have a place for.</summary>
public sealed record AnnotatedObject
{
    /// <summary>The pixels; null where only a box is known.</summary>
    public ObjectShape? Shape { get; init; }

    /// <summary>The box around the object. What the file says, which may differ from the box around <see cref="Shape"/> by rounding.</summary>
    public AnnotationBox Box { get; init; }

    /// <summary>The area in pixels: what the file says.</summary>
    public double Area { get; init; }

    /// <summary>The id of its <see cref="AnnotationCategory"/>.</summary>
    public int Category { get; init; }

    /// <summary>True for a region that holds an uncounted number of objects (COCO's <c>iscrowd</c>).</summary>
    public bool IsCrowd { get; init; }

    /// <summary>The confidence of a detector, or the IoU that the model predicts for its mask, 0 to 1; null if unknown.</summary>
    public double? Score { get; init; }

    /// <summary>The mask's stability under a shift of the threshold, 0 to 1; null if unknown.</summary>
    public double? StabilityScore { get; init; }

    /// <summary>The point in pixels that prompted the mask; null if none did.</summary>
    public (double X, double Y)? Point { get; init; }

    /// <summary>The part of the picture that the model saw; null for all of it.</summary>
    public AnnotationBox? CropBox { get; init; }

    /// <summary>The number that the format gave to the object; null if it has none.</summary>
    public long? Id { get; init; }

    /// <summary>The number by which the object is known on every frame of its video; null on single pictures.</summary>
    public long? Track { get; init; }

    /// <summary>An object known by its mask: area and box are the mask's.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="category">The id of its category.</param>
    /// <param name="score">A confidence, 0 to 1, if known.</param>
    public static AnnotatedObject FromMask(CocoRle mask, int category, double? score = null)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var (x, y, width, height) = mask.BoundingBox;
        return new AnnotatedObject
        {
            Shape = ObjectShape.FromRle(mask),
            Box = new AnnotationBox(x, y, width, height),
            Area = mask.Area,
            Category = category,
            Score = score,
        };
    }
}
