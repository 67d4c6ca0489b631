namespace Sam2.Torch.Media;

/// <summary>An image or video could not be read or written. The message names the file, the cause and what to do.</summary>
public sealed class MediaException : Exception
{
    /// <summary>Describes a failure.</summary>
    /// <param name="path">The file concerned.</param>
    /// <param name="cause">What went wrong, one sentence without a full stop.</param>
    /// <param name="remedy">What the user can do about it; null when there is nothing to suggest.</param>
    /// <param name="inner">The exception that led here, if any.</param>
    public MediaException(string path, string cause, string? remedy = null, Exception? inner = null)
        : base(Compose(path, cause, remedy), inner)
    {
        Path = path;
        Cause = cause;
        Remedy = remedy;
    }

    /// <summary>The file concerned.</summary>
    public string Path { get; }

    /// <summary>What went wrong.</summary>
    public string Cause { get; }

    /// <summary>What the user can do about it, if anything is known to help.</summary>
    public string? Remedy { get; }

    private static string Compose(string path, string cause, string? remedy) =>
        remedy is null ? $"{path}: {cause}." : $"{path}: {cause}. {remedy}.";
}
