using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>Handles one member of an object; leaves the reader on the last token of its value.</summary>
internal delegate void JsonMember(string name, ref Utf8JsonReader reader);

/// <summary>
/// Reads and writes JSON files. Reading visits the members of the outermost object one by one and makes a tree only of what is
/// asked for, one array element at a time, so that a data set's file costs little more than its bytes.
/// </summary>
internal static class JsonFile
{
    private const int MaxDepth = 32;

    /// <summary>Names stay readable: the escapes that web pages need are left out.</summary>
    public static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Visits the members of the outermost object.</summary>
    /// <exception cref="AnnotationException">Missing, too large, or not such a file.</exception>
    public static void ReadObject(string path, AnnotationLimits? limits, JsonMember member) =>
        Read(path, limits, (ref Utf8JsonReader reader) => ReadMembers(path, ref reader, member));

    /// <summary>Visits the members of the outermost object, or hands a file that is a single array to another visitor.</summary>
    /// <exception cref="AnnotationException">Missing, too large, or not such a file.</exception>
    public static void ReadObjectOrArray(string path, AnnotationLimits? limits, JsonMember member, JsonMember array) =>
        Read(path, limits, (ref Utf8JsonReader reader) =>
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                array("", ref reader);
            }
            else
            {
                ReadMembers(path, ref reader, member);
            }
        });

    /// <summary>Visits the elements of an array as trees; the reader is on its opening bracket.</summary>
    public static void ReadArray(string path, string name, ref Utf8JsonReader reader, Action<JsonFields> visit)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new AnnotationException(path, $"\"{name}\" is not a list");
        }

        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            visit(new JsonFields(document.RootElement, path, $"{name}[{i}]"));
        }
    }

    /// <summary>A single value as a tree of its own; the reader is on its first token.</summary>
    public static JsonFields ReadValue(string path, string name, ref Utf8JsonReader reader)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new JsonFields(document.RootElement.Clone(), path, name);
    }

    /// <summary>Creates or replaces a file, completely or not at all.</summary>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    public static void Write(string path, Action<Utf8JsonWriter> write, bool indented = false) => WriteFile(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, Compact with { Indented = indented });
        write(json);
    });

    /// <summary>Creates or replaces a file, completely or not at all; its folder is created.</summary>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    public static void WriteFile(string path, Action<Stream> write)
    {
        CreateFolderFor(path);
        AtomicFile.Write(path, write, e => CannotWrite(path, e), flushToDisk: false);
    }

    /// <summary>Creates the folder of a file.</summary>
    /// <exception cref="AnnotationException">It cannot be created.</exception>
    public static void CreateFolderFor(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }
    }

    /// <summary>The exception for a file that the file system refuses.</summary>
    public static AnnotationException CannotWrite(string path, Exception e) =>
        new(path, $"cannot be written ({e.Message})", "Check the disk space and the permissions", e);

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="AnnotationException">Missing or too large.</exception>
    public static byte[] ReadBytes(string path, AnnotationLimits? limits)
    {
        limits ??= AnnotationLimits.Default;
        try
        {
            // A device or a pipe reports a length of 0, so no more is read than the length says.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            long length = stream.Length;
            if (length > Math.Min(limits.MaxFileBytes, Array.MaxLength))
            {
                throw new AnnotationException(
                    path, $"has {length:N0} bytes, more than the limit of {limits.MaxFileBytes:N0}", "Split it; in code, AnnotationLimits.MaxFileBytes can be raised where the file is trusted");
            }

            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AnnotationException(path, "does not exist", inner: e);
        }
        catch (ArgumentException e)
        {
            throw new AnnotationException(path.Replace('\0', '?'), "is a name that no file can have", "Correct the name", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AnnotationException(path, Directory.Exists(path) ? "is a folder, not a file" : $"cannot be read ({e.Message})", inner: e);
        }
    }

    private delegate void Visitor(ref Utf8JsonReader reader);

    private static void Read(string path, AnnotationLimits? limits, Visitor visit)
    {
        var bytes = ReadBytes(path, limits).AsSpan();
        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            visit(ref reader);
            reader.Read(); // Anything after the value makes the file invalid.
        }
        catch (JsonException e)
        {
            throw new AnnotationException(path, $"is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})", inner: e);
        }
        catch (InvalidOperationException e)
        {
            // Text that isn't valid UTF-8 is only noticed when it is read.
            throw new AnnotationException(path, $"is damaged ({e.Message.TrimEnd('.')})", inner: e);
        }
    }

    private static void ReadMembers(string path, ref Utf8JsonReader reader, JsonMember member)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new AnnotationException(path, "does not hold a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            member(name, ref reader);
        }
    }
}
