using System.Buffers;
using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// Annotations of pictures as JSON lines in a file that survives the process. Each line is written at once; a last line that a
/// crash cut off is dropped when the journal is opened again.
/// </summary>
public sealed class AnnotationJournal : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>Where the line of each picture begins, and its length without the line break.</summary>
    private readonly Dictionary<string, (long Start, int Length)> _lines = new(StringComparer.Ordinal);

    /// <summary>Opens or creates a journal.</summary>
    /// <exception cref="AnnotationException">It cannot be read or written.</exception>
    public AnnotationJournal(string path)
    {
        _path = path;
        JsonFile.CreateFolderFor(path);
        try
        {
            // Unbuffered: what a full disk refuses must not be written later, behind other lines.
            _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw JsonFile.CannotWrite(path, e);
        }

        try
        {
            Index();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Whether a picture's line is there.</summary>
    public bool Contains(string fileName) => _lines.ContainsKey(fileName);

    /// <summary>Appends the line of a picture, which replaces an earlier one of the same name.</summary>
    public void Append(string fileName, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonFile.Compact))
        {
            write(json);
        }

        int length = buffer.WrittenCount;
        buffer.Write("\n"u8);
        long start = _stream.Seek(0, SeekOrigin.End);
        try
        {
            _stream.Write(buffer.WrittenSpan);
            _lines[fileName] = (start, length);
        }
        catch (IOException e)
        {
            // A line that was written in part would spoil the next one.
            _stream.SetLength(start);
            throw JsonFile.CannotWrite(_path, e);
        }
    }

    /// <summary>The lines by name of the picture, whatever the order in which they were written.</summary>
    public IEnumerable<JsonFields> Read()
    {
        foreach (var (name, (start, length)) in _lines.OrderBy(line => line.Key, StringComparer.Ordinal))
        {
            var line = new byte[length];
            _stream.Position = start;
            _stream.ReadExactly(line);
            using var document = JsonDocument.Parse(line);
            yield return new JsonFields(document.RootElement, _path, name);
        }
    }

    /// <summary>Closes and removes the journal.</summary>
    public void Delete()
    {
        _stream.Dispose();
        File.Delete(_path);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void Index()
    {
        // Lines are read one by one, so a journal of any length takes the memory of its longest line.
        var line = new ArrayBufferWriter<byte>();
        var buffer = new byte[1 << 16];
        long start = 0;
        int read;
        while ((read = _stream.Read(buffer)) > 0)
        {
            var rest = buffer.AsSpan(0, read);
            int end;
            while ((end = rest.IndexOf((byte)'\n')) >= 0)
            {
                line.Write(rest[..end]);
                Add(line.WrittenMemory, start);
                start += line.WrittenCount + 1;
                line.ResetWrittenCount();
                rest = rest[(end + 1)..];
            }

            line.Write(rest);
        }

        _stream.SetLength(start);
    }

    private void Add(ReadOnlyMemory<byte> line, long start)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var fields = new JsonFields(document.RootElement, _path, $"the line at byte {start}");
            _lines[fields["file_name"].Text()] = (start, line.Length);
        }
        catch (JsonException e)
        {
            throw new AnnotationException(_path, $"is damaged at byte {start}", "Delete it to begin anew", e);
        }
    }
}
