namespace Sam2.Torch.Data.Annotation;

/// <summary>An annotation file can't be read or written. The message names the file, the cause and what to do.</summary>
public sealed class AnnotationException : RemedyException
{
    /// <summary>Describes a failure.</summary>
    /// <param name="file">The file concerned.</param>
    /// <param name="cause">What went wrong, without a full stop, such as <c>annotation 17: "bbox" is missing</c>.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that led here, if any.</param>
    public AnnotationException(string file, string cause, string remedy = "", Exception? inner = null)
        : base(file, cause, remedy, inner)
    {
    }
}

/// <summary>How large an annotation file may be before it is refused. Checked before memory is allocated.</summary>
public sealed record AnnotationLimits
{
    /// <summary>The limits used where none are given: files of 1 GiB (COCO's training set has 0.45), masks of 200 megapixels.</summary>
    public static AnnotationLimits Default { get; } = new();

    /// <summary>Largest file in bytes.</summary>
    public long MaxFileBytes { get; init; } = 1L << 30;

    /// <summary>Largest number of pixels (width × height) of a picture that masks belong to.</summary>
    public long MaxPixels { get; init; } = 200_000_000;
}
