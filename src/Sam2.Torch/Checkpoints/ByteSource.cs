using Microsoft.Win32.SafeHandles;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Random access to the bytes of a file. Positioned reads instead of a memory map: they go straight into a tensor's memory,
/// leave no mapped pages behind, and a file that another process truncates is an error instead of a fault.
/// </summary>
internal abstract class ByteSource(string name) : IDisposable
{
    /// <summary>The file, as the caller named it.</summary>
    public string Name { get; } = name;

    public abstract long Length { get; }

    protected abstract int ReadSome(long offset, Span<byte> destination);

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <exception cref="CheckpointException">The range lies outside the file, or reading fails.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw Bad($"truncated: {destination.Length} bytes at offset {offset} lie outside its {Length} bytes", CheckpointRemedy.Redownload);
        while (!destination.IsEmpty)
        {
            int count;
            try
            {
                count = ReadSome(offset, destination);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(Name, $"reading at offset {offset} failed: {e.Message.TrimEnd('.')}", "", e);
            }
            if (count <= 0)
                throw Bad($"shrank while it was read, at offset {offset}", "Nothing else may write the file while it is loaded");
            offset += count;
            destination = destination[count..];
        }
    }

    /// <summary>An exception that names this file.</summary>
    public CheckpointException Bad(string cause, string remedy = "") => new(Name, cause, remedy);

    public abstract void Dispose();

    /// <summary>Opens a file for shared reading.</summary>
    public static ByteSource OpenFile(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new CheckpointException(path, "is a directory, not a checkpoint file", "Name the .pt or .safetensors file inside it");
            return new FileSource(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, "does not exist", "Check the path, or give the name of a published model", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CheckpointException(path, $"can't be opened: {e.Message.TrimEnd('.')}", "", e);
        }
    }

    /// <summary>A file that is already in memory.</summary>
    public static ByteSource OfMemory(string name, ReadOnlyMemory<byte> bytes) => new MemorySource(name, bytes);

    private sealed class FileSource : ByteSource
    {
        private readonly SafeFileHandle _handle;

        public FileSource(string name, SafeFileHandle handle) : base(name)
        {
            _handle = handle;
            Length = RandomAccess.GetLength(handle);
        }

        public override long Length { get; }

        protected override int ReadSome(long offset, Span<byte> destination) => RandomAccess.Read(_handle, destination, offset);

        public override void Dispose() => _handle.Dispose();
    }

    private sealed class MemorySource(string name, ReadOnlyMemory<byte> bytes) : ByteSource(name)
    {
        public override long Length => bytes.Length;

        protected override int ReadSome(long offset, Span<byte> destination)
        {
            bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return destination.Length;
        }

        public override void Dispose()
        {
        }
    }
}
