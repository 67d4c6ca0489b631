using System.Buffers.Binary;
using System.Text.Json;
using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Writes safetensors. The format knows neither views nor shared memory: every tensor is written row-major. Entries become
/// metadata, which is text: strings as they are, other plain values as JSON.
/// </summary>
internal static class SafetensorsWriter
{
    /// <summary>A tensor as the format needs it.</summary>
    public sealed record Item(string Name, IReadOnlyList<long> Shape, StorageToWrite Data);

    public static void Write(Stream stream, IReadOnlyList<Item> items, PlainDictionary entries)
    {
        // Wide elements first keeps every tensor aligned to its elements.
        var order = items.OrderByDescending(item => ScalarTypes.Size(item.Data.Type)).ToList();
        var begin = new Dictionary<string, long>(StringComparer.Ordinal);
        long position = 0;
        foreach (var item in order)
        {
            begin.Add(item.Name, position);
            position += item.Data.Length;
        }
        var header = Header(items, begin, entries);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var item in order)
            item.Data.Write(bytes => stream.Write(bytes));
    }

    private static byte[] Header(IReadOnlyList<Item> items, Dictionary<string, long> begin, PlainDictionary entries)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            if (!entries.ContainsKey("format"))
                json.WriteString("format", "pt");
            foreach (var (key, value) in entries)
                json.WriteString(
                    key as string ?? throw new ArgumentException($"safetensors metadata can't have the key {key}, only names."),
                    value as string ?? PlainJson.Write(value));
            json.WriteEndObject();
            foreach (var item in items)
            {
                json.WriteStartObject(item.Name);
                json.WriteString("dtype", ScalarTypes.SafetensorsName(item.Data.Type));
                json.WriteStartArray("shape");
                foreach (var size in item.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin[item.Name]);
                json.WriteNumberValue(begin[item.Name] + item.Data.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // Spaces up to a multiple of eight, so that the data is aligned too.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
