namespace Sam2.Torch.Media;

/// <summary>Opens media files for reading, and writes them completely or not at all, with messages that name the file.</summary>
internal static class MediaFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="MediaException">It is missing, a folder, or can't be opened.</exception>
    public static FileStream OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MediaException(path, "does not exist", null, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string cause = Directory.Exists(path) ? "is a folder, not a file" : $"cannot be opened ({e.Message})";
            throw new MediaException(path, cause, null, e);
        }
        catch (ArgumentException e)
        {
            // Annotations may name pictures in ways that no file system allows.
            throw new MediaException(path.Replace('\0', '?'), "is a name that no file can have", "Correct the name", e);
        }
    }

    /// <summary>Creates or replaces <paramref name="path"/> with what <paramref name="write"/> produces.</summary>
    /// <exception cref="MediaException">The folder does not exist, or the file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => AtomicFile.Write(
        path,
        write,
        e => e is DirectoryNotFoundException
            ? new MediaException(path, "cannot be written because its folder does not exist", "Create the folder first", e)
            : new MediaException(path, $"cannot be written ({e.Message})", "Check the disk space and the permissions", e),
        flushToDisk: false);
}

/// <summary>An image or video could not be read or written. The message names the file, the cause and what to do.</summary>
public sealed class MediaException : Sam2Exception
{
    /// <summary>Describes a failure.</summary>
    /// <param name="path">The file concerned.</param>
    /// <param name="cause">What went wrong, one sentence without a full stop.</param>
    /// <param name="remedy">What the user can do about it, without a full stop; null if there is nothing to suggest.</param>
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

    /// <summary>What the user can do about it; null if there is nothing to suggest.</summary>
    public string? Remedy { get; }

    private static string Compose(string path, string cause, string? remedy) =>
        remedy is null ? $"{path}: {cause}." : $"{path}: {cause}. {remedy}.";
}

/// <summary>Limits beyond which a picture or a frame is refused, checked before memory for pixels is allocated.</summary>
public sealed record MediaLimits
{
    /// <summary>The limits used where none are given: 200 megapixels, and a minute without progress from ffmpeg.</summary>
    public static MediaLimits Default { get; } = new();

    /// <summary>Largest number of pixels (width × height) of an image or of a video frame.</summary>
    public long MaxPixels { get; init; } = 200_000_000;

    /// <summary>How long a decoder may stay silent before it is stopped.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Refuses dimensions that are not positive or exceed <see cref="MaxPixels"/>.</summary>
    /// <exception cref="MediaException">The dimensions are out of range.</exception>
    internal void Check(string path, long width, long height)
    {
        if (width <= 0 || height <= 0)
        {
            throw new MediaException(path, $"has no pixels ({width}×{height})", "The file is probably damaged");
        }

        // The division avoids the overflow that a hostile header could cause in width × height.
        if (width > MaxPixels / height)
        {
            throw new MediaException(
                path,
                $"claims {width}×{height} pixels, more than the limit of {MaxPixels / 1e6:0.######} megapixels",
                "Scale it down; in code, MediaLimits.MaxPixels can be raised where the file is trusted");
        }
    }
}
