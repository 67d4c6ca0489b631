namespace Sam2.Torch.Media;

/// <summary>Writes media files completely or not at all.</summary>
internal static class MediaFile
{
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
