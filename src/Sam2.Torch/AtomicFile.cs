namespace Sam2.Torch;

/// <summary>Writes a file completely or not at all: into a temporary file beside it, which is then renamed.</summary>
public static class AtomicFile
{
    /// <summary>An unused file name in the folder of <paramref name="path"/>, with the same extension.</summary>
    public static string TemporaryNameFor(string path)
    {
        var full = Path.GetFullPath(path);
        return Path.Combine(
            Path.GetDirectoryName(full)!,
            $".{Path.GetFileNameWithoutExtension(full)}.{Guid.NewGuid():N}.tmp{Path.GetExtension(full)}");
    }

    /// <summary>Creates or replaces <paramref name="path"/> with what <paramref name="write"/> writes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="describe">Makes the exception to throw when the file system refuses; an existing file is unchanged then.</param>
    /// <param name="flushToDisk">False for small files that are written by the thousand, such as masks, which would mostly wait for the disk.</param>
    public static void Write(string path, Action<FileStream> write, Func<Exception, Exception> describe, bool flushToDisk = true)
    {
        var temporary = TemporaryNameFor(path);
        // The system's own message would name the temporary file.
        if (Path.GetDirectoryName(temporary) is { } folder && !Directory.Exists(folder))
            throw describe(new DirectoryNotFoundException($"there is no folder {folder}"));
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            DeleteQuietly(temporary);
            if (e is IOException or UnauthorizedAccessException) throw describe(e);
            throw;
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }
}
