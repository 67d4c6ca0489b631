using System.Text;
using System.Text.Json;

namespace Sam2.Torch.Configuration;

/// <summary>
/// Plain values as JSON text, for safetensors metadata. <c>JsonSerializer</c> would write 20.0 as 20, and would not refuse values
/// that have no JSON form.
/// </summary>
internal static class PlainJson
{
    private const int MaxDepth = 64;

    /// <exception cref="ArgumentException">A value has no JSON form (tensors, bytes, keys that are not names).</exception>
    public static string Write(object? value)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, value);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Whether an entry has a JSON form.</summary>
    public static bool CanWrite(KeyValuePair<object, object?> entry) => entry.Key is string && CanWrite(entry.Value);

    /// <summary>Parses JSON text into plain values; null if it is not JSON.</summary>
    public static object? TryRead(string text)
    {
        try
        {
            return Read(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Parses the JSON text of a file into plain values.</summary>
    /// <exception cref="JsonException">It is not JSON, nests too deep, or an object has a name twice.</exception>
    public static object? Read(string text, int maxDepth) =>
        Read(text, new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false });

    private static object? Read(string text, JsonDocumentOptions options)
    {
        try
        {
            using var document = JsonDocument.Parse(text, options);
            return Read(document.RootElement);
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair, such as "\ud800", is found only when its text is asked for.
            throw new JsonException(e.Message, e);
        }
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            // This keeps a fraction or exponent, so that 20.0 comes back as a float.
            case double number when double.IsFinite(number): json.WriteRawValue(PlainYaml.Fractional(number)); break;
            case string text: json.WriteStringValue(text); break;
            case PlainList list:
                json.WriteStartArray();
                foreach (var item in list)
                    Write(json, item);
                json.WriteEndArray();
                break;
            case PlainDictionary dictionary:
                json.WriteStartObject();
                foreach (var (key, item) in dictionary)
                {
                    json.WritePropertyName(key as string ?? throw new ArgumentException($"safetensors metadata can't have the key {key}, only names."));
                    Write(json, item);
                }
                json.WriteEndObject();
                break;
            default: throw new ArgumentException($"safetensors metadata can't hold a value of type {value.GetType().Name}; write a .pt file instead.");
        }
    }

    private static bool CanWrite(object? value) => value switch
    {
        null or bool or int or long or string => true,
        float number => float.IsFinite(number),
        double number => double.IsFinite(number),
        PlainList list => list.All(CanWrite),
        PlainDictionary dictionary => dictionary.All(CanWrite),
        _ => false,
    };

    private static object? Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number when element.TryGetInt64(out var number) && !element.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') => number,
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.Array => new PlainList(element.EnumerateArray().Select(Read)),
        JsonValueKind.Object => ReadObject(element),
        _ => null,
    };

    private static PlainDictionary ReadObject(JsonElement element)
    {
        var dictionary = new PlainDictionary();
        foreach (var property in element.EnumerateObject())
            dictionary.Set(property.Name, Read(property.Value));
        return dictionary;
    }
}
