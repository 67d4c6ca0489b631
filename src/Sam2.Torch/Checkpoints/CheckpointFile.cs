namespace Sam2.Torch.Checkpoints;

/// <summary>Writes checkpoint files completely or not at all.</summary>
internal static class CheckpointFile
{
    /// <summary>Creates or replaces <paramref name="path"/> with what <paramref name="write"/> writes.</summary>
    /// <exception cref="CheckpointException">The file can't be written; an existing one is unchanged.</exception>
    public static void Write(string path, Action<FileStream> write) => AtomicFile.Write(path, write, e =>
        new CheckpointException(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder exists, is writable and has room", e));
}
