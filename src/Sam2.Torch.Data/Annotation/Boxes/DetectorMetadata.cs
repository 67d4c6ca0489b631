using System.IO.Compression;
using System.Text.Json;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>What Ultralytics' export writes into a TorchScript file beside the network: <c>extra/config.txt</c>, JSON.</summary>
/// <param name="Names">The classes' names in order; null if the file does not say.</param>
/// <param name="ImageSize">Side of the picture that the network was exported for, in pixels; null if the file does not say.</param>
internal sealed record DetectorMetadata(IReadOnlyList<string>? Names, int? ImageSize)
{
    private const int MaxBytes = 1 << 22;
    private const int MaxClasses = 100_000;

    /// <summary>Reads a TorchScript file's metadata; nothing is known of files that others made.</summary>
    /// <exception cref="AnnotationException">The metadata are damaged.</exception>
    public static DetectorMetadata Read(string path)
    {
        byte[]? config = Config(path);
        if (config is null || config.Length == 0)
        {
            return new DetectorMetadata(null, null);
        }

        try
        {
            using var document = JsonDocument.Parse(config);
            var root = new JsonFields(document.RootElement, path, "extra/config.txt");
            return new DetectorMetadata(
                root.Has("names") ? ReadNames(root["names"]) : null,
                root.Has("imgsz") ? ReadSize(root["imgsz"]) : null);
        }
        catch (JsonException e)
        {
            throw new AnnotationException(path, "has metadata (extra/config.txt) that are not valid JSON", "Export it again", e);
        }
    }

    private static byte[]? Config(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            var entry = zip.Entries.FirstOrDefault(e => e.FullName.EndsWith("/extra/config.txt", StringComparison.Ordinal));
            if (entry is null)
            {
                return null;
            }

            if (entry.Length > MaxBytes)
            {
                throw new AnnotationException(path, $"has metadata of {entry.Length:N0} bytes, more than {MaxBytes:N0}");
            }

            var bytes = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AnnotationException(path, "does not exist", null, e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new AnnotationException(path, "is not a TorchScript file", "Export the detector with format=torchscript", e);
        }
        catch (Exception e) when (e is (IOException and not AnnotationException) or UnauthorizedAccessException)
        {
            throw new AnnotationException(path, $"cannot be read ({e.Message})", null, e);
        }
    }

    /// <summary>A list of names, or an object of them by number.</summary>
    private static List<string> ReadNames(JsonFields fields)
    {
        if (fields.Value.ValueKind == JsonValueKind.Array)
        {
            return [.. fields.Elements().Select(name => name.Text())];
        }

        if (fields.Value.ValueKind != JsonValueKind.Object)
        {
            throw fields.Wrong("is neither a list nor an object");
        }

        var names = new List<string>();
        foreach (var member in fields.Value.EnumerateObject())
        {
            if (!int.TryParse(member.Name, out int index) || index is < 0 or >= MaxClasses)
            {
                throw fields.Wrong($"numbers a class '{member.Name}'");
            }

            while (names.Count <= index)
            {
                names.Add(names.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            names[index] = fields[member.Name].Text();
        }

        return names;
    }

    /// <summary>A number, or height and width of which the larger counts.</summary>
    private static int ReadSize(JsonFields fields) => fields.Value.ValueKind == JsonValueKind.Array
        ? (int)fields.Elements().Select(e => e.Integer(1, 1 << 16)).DefaultIfEmpty(640).Max()
        : (int)fields.Integer(1, 1 << 16);
}
