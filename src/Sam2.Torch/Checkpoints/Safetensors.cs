using System.Buffers.Binary;
using System.Text.Json;
using Sam2.Torch.Configuration;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The safetensors format: the header's length (8 bytes, little-endian), the header (JSON), the tensors. It has neither views
/// nor shared memory: every tensor is stored row-major. Metadata is text.
/// </summary>
internal static class Safetensors
{
    private const long MaxHeaderBytes = 8 << 20;
    private const int MaxTensors = 65_536;
    private const string Metadata = "__metadata__";

    /// <summary>Reads the header; the elements stay in the file.</summary>
    public static CheckpointContent Read(ByteSource source)
    {
        var header = ReadHeader(source);
        var tensors = new OrderedDictionary<string, TensorEntry>(StringComparer.Ordinal);
        var ranges = new List<(long Begin, long End, string Name)>();
        var entries = PlainDictionary.Empty;
        try
        {
            var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
            Expect(source, ref json, JsonTokenType.StartObject);
            var seenMetadata = false;
            while (Next(source, ref json) == JsonTokenType.PropertyName)
            {
                var name = json.GetString()!;
                if (tensors.Count >= MaxTensors)
                    throw source.Bad($"its header has more than {MaxTensors} tensors");
                if (name == Metadata)
                {
                    if (seenMetadata)
                        throw Twice(source, name);
                    seenMetadata = true;
                    entries = ReadMetadata(source, ref json);
                }
                else if (!tensors.TryAdd(name, ReadTensor(source, ref json, name, 8 + header.Length, ranges)))
                {
                    throw Twice(source, name);
                }
            }
            if (json.Read())
                throw source.Bad("its header has text behind the JSON object", CheckpointRemedy.Redownload);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException(source.Name, $"its header is not the JSON of safetensors: {e.Message.TrimEnd('.')}", CheckpointRemedy.Redownload, e);
        }
        RequireComplete(source, ranges, source.Length - 8 - header.Length);
        return new(tensors, entries);
    }

    /// <summary>Whether a file looks like safetensors.</summary>
    public static bool IsSafetensors(ByteSource source)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(source.Length, 9)];
        source.Read(0, start);
        return Matches(start, source.Length);
    }

    /// <summary>Whether the first bytes of a file look like safetensors.</summary>
    public static bool Matches(ReadOnlySpan<byte> start, long fileLength)
    {
        if (start.Length < 9 || start[8] != '{')
            return false;
        var length = BinaryPrimitives.ReadInt64LittleEndian(start);
        return length > 0 && (length <= fileLength || length <= 100 * MaxHeaderBytes);
    }

    private static byte[] ReadHeader(ByteSource source)
    {
        Span<byte> prefix = stackalloc byte[8];
        source.Read(0, prefix);
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length < 2 || length > source.Length - 8)
            throw source.Bad($"truncated: its header claims {length} bytes of a file of {source.Length}", CheckpointRemedy.Redownload);
        if (length > MaxHeaderBytes)
            throw source.Bad($"its header has {length} bytes; at most {MaxHeaderBytes} are read");
        var header = new byte[length];
        source.Read(8, header);
        return header;
    }

    private static PlainDictionary ReadMetadata(ByteSource source, ref Utf8JsonReader json)
    {
        var metadata = new PlainDictionary();
        Expect(source, ref json, JsonTokenType.StartObject);
        while (Next(source, ref json) == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            Expect(source, ref json, JsonTokenType.String);
            if (metadata.ContainsKey(key))
                throw Twice(source, key);
            metadata.Set(key, json.GetString());
        }
        return metadata;
    }

    private static TensorEntry ReadTensor(ByteSource source, ref Utf8JsonReader json, string name, long dataOffset, List<(long, long, string)> ranges)
    {
        ScalarType? type = null;
        long[]? shape = null, range = null;
        Expect(source, ref json, JsonTokenType.StartObject);
        while (Next(source, ref json) == JsonTokenType.PropertyName)
        {
            switch (json.GetString())
            {
                case "dtype" when type is null:
                    Expect(source, ref json, JsonTokenType.String);
                    var dtype = json.GetString()!;
                    type = ScalarTypes.FromSafetensors(dtype)
                        ?? throw source.Bad($"the tensor '{name}' has the element type '{dtype}', which is not supported", "Convert it to F32, F16 or BF16");
                    break;
                case "shape" when shape is null: shape = ReadNumbers(source, ref json, name); break;
                case "data_offsets" when range is null: range = ReadNumbers(source, ref json, name); break;
                default: throw source.Bad($"the tensor '{name}' has an unknown or repeated property", CheckpointRemedy.Redownload);
            }
        }
        if (type is not { } elementType || shape is null || range is not [var begin, var end])
            throw source.Bad($"the tensor '{name}' lacks its dtype, shape or data_offsets", CheckpointRemedy.Redownload);
        if (begin < 0 || end < begin || end > source.Length - dataOffset)
            throw source.Bad($"the tensor '{name}' at {begin} to {end} lies outside the file", CheckpointRemedy.Redownload);

        var size = ScalarTypes.Size(elementType);
        var layout = TensorLayout.Create(shape, TensorLayout.RowMajorStrides(shape), 0, (end - begin) / size, out var error)
            ?? throw source.Bad($"the tensor '{name}' of shape [{string.Join(", ", shape.Take(8))}] wants {error}", CheckpointRemedy.Redownload);
        if (layout.Count * size != end - begin)
            throw source.Bad($"the tensor '{name}' of {layout.Count} elements has {end - begin} bytes", CheckpointRemedy.Redownload);
        ranges.Add((begin, end, name));
        var slot = new StorageSlot(name) { Region = new(source, name, dataOffset + begin, end - begin, crc: null) };
        return new(new(slot, elementType, layout.Count, FirstElement: 0), layout, requiresGrad: false, isParameter: false);
    }

    private static long[] ReadNumbers(ByteSource source, ref Utf8JsonReader json, string name)
    {
        var numbers = new List<long>();
        Expect(source, ref json, JsonTokenType.StartArray);
        while (Next(source, ref json) == JsonTokenType.Number)
        {
            if (numbers.Count >= TensorLayout.MaxDimensions || !json.TryGetInt64(out var number) || number < 0)
                throw source.Bad($"the tensor '{name}' has an impossible shape or position", CheckpointRemedy.Redownload);
            numbers.Add(number);
        }
        return json.TokenType == JsonTokenType.EndArray ? [.. numbers] : throw source.Bad($"the tensor '{name}' has an impossible shape or position", CheckpointRemedy.Redownload);
    }

    /// <summary>The format's rule: tensors follow each other without gaps or overlaps and fill the file.</summary>
    private static void RequireComplete(ByteSource source, List<(long Begin, long End, string Name)> ranges, long dataLength)
    {
        long position = 0;
        foreach (var (begin, end, name) in ranges.OrderBy(range => range.Begin).ThenBy(range => range.End))
        {
            if (begin != position)
                throw source.Bad($"the tensor '{name}' overlaps its neighbour or leaves a gap", CheckpointRemedy.Redownload);
            position = end;
        }
        if (position != dataLength)
            throw source.Bad($"its tensors have {position} bytes, its data {dataLength}", CheckpointRemedy.Redownload);
    }

    private static JsonTokenType Next(ByteSource source, ref Utf8JsonReader json) =>
        json.Read() ? json.TokenType : throw source.Bad("its header is truncated", CheckpointRemedy.Redownload);

    private static void Expect(ByteSource source, ref Utf8JsonReader json, JsonTokenType expected)
    {
        if (Next(source, ref json) != expected)
            throw source.Bad("its header is not that of safetensors", CheckpointRemedy.Redownload);
    }

    private static CheckpointException Twice(ByteSource source, string name) =>
        source.Bad($"'{name}' occurs twice in its header", "Such a file means different things to different readers and is refused");

    /// <summary>A tensor to be written.</summary>
    public sealed record Item(string Name, IReadOnlyList<long> Shape, StorageToWrite Data);

    /// <summary>Writes a file. Entries become metadata: strings as they are, other plain values as JSON.</summary>
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
            json.WriteStartObject(Metadata);
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
        // Padded with spaces to a multiple of eight, so that the data is aligned too.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
