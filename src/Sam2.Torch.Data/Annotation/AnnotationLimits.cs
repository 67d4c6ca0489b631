namespace Sam2.Torch.Data.Annotation;

/// <summary>What an annotation file may cost before it is refused. Checked before memory is committed.</summary>
public sealed record AnnotationLimits
{
    /// <summary>The limits used where none are given: files of 1 GiB (COCO's training set has 0.45), masks of 200 megapixels.</summary>
    public static AnnotationLimits Default { get; } = new();

    /// <summary>Largest file in bytes.</summary>
    public long MaxFileBytes { get; init; } = 1L << 30;

    /// <summary>Largest number of pixels (width × height) of a picture that masks belong to.</summary>
    public long MaxPixels { get; init; } = 200_000_000;
}
