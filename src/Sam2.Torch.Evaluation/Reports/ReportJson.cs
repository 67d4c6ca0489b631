using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sam2.Torch.Data;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Reports and intermediate results as JSON. Numbers survive exactly: doubles are written so that reading gives the same.</summary>
public static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    private static readonly JsonSerializerOptions Compact = new(Options) { WriteIndented = false };

    /// <summary>Reads a value from a file.</summary>
    /// <exception cref="DatasetException">The file is missing or holds something else; the message names it.</exception>
    public static T Read<T>(string path)
        where T : class
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, Options) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path} can't be read: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new DatasetException($"{path} is not what an evaluation writes{PlaceOf(e)}. If an evaluation wrote it, delete it to have it made anew.", e);
        }
    }

    /// <summary>Where the file is wrong. What is wrong there JSON's own messages only say in terms of .NET's types.</summary>
    private static string PlaceOf(Exception e) => e is JsonException { LineNumber: { } line, BytePositionInLine: { } at } wrong
        ? $" (line {line + 1}, byte {at + 1}{(wrong.Path is { Length: > 1 } place ? $", {place.TrimStart('$', '.')}" : "")})"
        : "";

    /// <summary>Writes a value to a file, completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="value">The value.</param>
    /// <param name="compact">Whether to do without line breaks.</param>
    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write<T>(string path, T value, bool compact = false) => ReportFile.Write(
        path, stream => JsonSerializer.Serialize(stream, value, compact ? Compact : Options));
}

/// <summary>Writes the files of a report completely or not at all.</summary>
internal static class ReportFile
{
    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write(string path, Action<Stream> write) => AtomicFile.Write(
        path, write, e => new DatasetException($"{path} can't be written: {e.Message}", e));

    /// <exception cref="DatasetException">The file can't be written.</exception>
    public static void Write(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
