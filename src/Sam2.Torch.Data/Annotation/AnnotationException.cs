namespace Sam2.Torch.Data.Annotation;

/// <summary>An annotation file could not be read or written. The message names the file, the cause and what to do.</summary>
public sealed class AnnotationException : IOException
{
    /// <summary>Describes a failure.</summary>
    /// <param name="path">The file concerned.</param>
    /// <param name="cause">What went wrong, without a full stop, such as <c>annotation 17: "bbox" is missing</c>.</param>
    /// <param name="remedy">What the user can do about it; null when there is nothing to suggest.</param>
    /// <param name="inner">The exception that led here, if any.</param>
    public AnnotationException(string path, string cause, string? remedy = null, Exception? inner = null)
        : base(remedy is null ? $"{path}: {cause}." : $"{path}: {cause}. {remedy}.", inner)
    {
        Path = path;
        Cause = cause;
    }

    /// <summary>The file concerned.</summary>
    public string Path { get; }

    /// <summary>What went wrong.</summary>
    public string Cause { get; }
}
