using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// An open checkpoint file: a <c>.pt</c> of PyTorch (zip or legacy format) or a safetensors file. Opening reads the
/// descriptions only; elements are read per tensor, straight into their final place. A file is treated as hostile: it is
/// interpreted as data, bounded and checked, and never run.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly ByteSource _source;

    private Checkpoint(ByteSource source, CheckpointFormat format, CheckpointContent content)
    {
        _source = source;
        Format = format;
        StateDict = content.StateDict;
        Entries = content.Entries;
    }

    /// <summary>The file, as the caller named it.</summary>
    public string Path => _source.Name;

    /// <summary>Size of the file in bytes.</summary>
    public long FileLength => _source.Length;

    /// <summary>How the file is laid out.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>The model's tensors by state-dict key, in the file's order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> StateDict { get; }

    /// <summary>Everything beside the model, such as <c>epoch</c> or <c>optimizer</c>; values as <see cref="PlainList"/> describes. Of safetensors, the metadata.</summary>
    public PlainDictionary Entries { get; }

    /// <summary>Opens a checkpoint file.</summary>
    /// <exception cref="CheckpointException">It doesn't exist, is damaged, is no checkpoint, or asks for something that tensors and plain values don't need.</exception>
    public static Checkpoint Open(string path) => Open(ByteSource.OpenFile(path));

    /// <summary>Opens a checkpoint that is in memory already.</summary>
    internal static Checkpoint Open(ReadOnlyMemory<byte> bytes, string name = "memory") => Open(ByteSource.OfMemory(name, bytes));

    /// <summary>Reads the bytes of every tensor of the state dict once, without keeping them, and verifies their checksums.</summary>
    /// <exception cref="CheckpointException">A checksum is wrong, or reading fails.</exception>
    public void Verify()
    {
        foreach (var region in StateDict.Values.Select(entry => entry.Storage.Region.Region).Distinct<StorageRegion>(ReferenceEqualityComparer.Instance))
            region.Verify();
    }

    /// <summary>Closes the file. Its entries can't be loaded any more.</summary>
    public void Dispose() => _source.Dispose();

    private static Checkpoint Open(ByteSource source)
    {
        try
        {
            var format = DetectFormat(source);
            return new(source, format, format switch
            {
                CheckpointFormat.TorchZip => TorchZip.Read(source),
                CheckpointFormat.TorchLegacy => TorchLegacyReader.Read(source),
                _ => Safetensors.Read(source),
            });
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static CheckpointFormat DetectFormat(ByteSource source)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(source.Length, 512)];
        source.Read(0, start);
        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8))
            return CheckpointFormat.TorchZip;
        if (start.Length > 1 && start[0] == 0x80 && start[1] <= 5)
            return CheckpointFormat.TorchLegacy;
        if (Safetensors.Matches(start, source.Length))
            return CheckpointFormat.Safetensors;
        if (start.IsEmpty)
            throw source.Bad("is empty", CheckpointRemedy.Redownload);
        if (start.StartsWith("version https://git-lfs"u8))
            throw source.Bad("is a Git LFS pointer, not the checkpoint itself", "Run git lfs pull");
        if (start.StartsWith("<"u8))
            throw source.Bad("is a web page, not a checkpoint", "The server answered with a page instead of the file: check the address");
        if (start.Length > 262 && start.Slice(257, 5).SequenceEqual("ustar"u8))
            throw source.Bad("is a tar archive; PyTorch's oldest format is not supported", "Load and save it in Python with a current PyTorch");
        throw source.Bad($"is neither a PyTorch nor a safetensors file (it begins with {Convert.ToHexString(start[..Math.Min(start.Length, 8)])})",
            "Give a .pt file that torch.save wrote, or a .safetensors file");
    }
}

/// <summary>How a checkpoint file is laid out.</summary>
public enum CheckpointFormat
{
    /// <summary>What <c>torch.save</c> has written since PyTorch 1.6: a zip archive of a pickle and one stored entry per storage.</summary>
    TorchZip,

    /// <summary>What <c>torch.save</c> wrote before: a stream of pickles followed by the storages.</summary>
    TorchLegacy,

    /// <summary>safetensors: a JSON header followed by the tensors.</summary>
    Safetensors,
}

/// <summary>What a format's reader found: the tensors of the model, and everything else.</summary>
internal sealed record CheckpointContent(IReadOnlyDictionary<string, TensorEntry> StateDict, PlainDictionary Entries)
{
    private static readonly string[] ModelKeys = ["model", "state_dict"];

    /// <summary>
    /// Finds the state dict in what torch.save was given: the value of <c>model</c> (or <c>state_dict</c>), else the
    /// dictionary itself.
    /// </summary>
    public static CheckpointContent FromRoot(ByteSource source, object? root)
    {
        if (root is not PlainDictionary dictionary)
            throw source.Bad($"holds {Describe(root)} where a dictionary of tensors is expected", "Save a state dict, or {\"model\": state_dict}");
        foreach (var key in ModelKeys)
            if (dictionary.TryGetValue(key, out var value) && value is PlainDictionary model)
                return new(StateDictOf(source, model, key), new(dictionary.Where(entry => !entry.Key.Equals(key))));

        if (!dictionary.Values.Any(value => value is TensorEntry))
            throw source.Bad($"holds no state dict; its entries are {Keys(dictionary)}", "Save a state dict, or {\"model\": state_dict}");
        var tensors = new OrderedDictionary<string, TensorEntry>(StringComparer.Ordinal);
        var others = new List<KeyValuePair<object, object?>>();
        foreach (var (key, value) in dictionary)
            if (key is string name && value is TensorEntry tensor)
                tensors.Add(name, tensor);
            else
                others.Add(new(key, value));
        return new(tensors, new(others));
    }

    private static OrderedDictionary<string, TensorEntry> StateDictOf(ByteSource source, PlainDictionary model, string key)
    {
        var tensors = new OrderedDictionary<string, TensorEntry>(model.Count, StringComparer.Ordinal);
        foreach (var (name, value) in model)
            tensors.Add(
                name as string ?? throw source.Bad($"its '{key}' has the key {name}, which is not a name", CheckpointRemedy.Resave),
                value as TensorEntry ?? throw source.Bad($"its '{key}' holds {Describe(value)} under '{name}' where a tensor is expected", CheckpointRemedy.Resave));
        return tensors;
    }

    private static string Keys(PlainDictionary dictionary) =>
        dictionary.Count == 0 ? "none" : string.Join(", ", dictionary.Keys.Take(8)) + (dictionary.Count > 8 ? ", …" : "");

    private static string Describe(object? value) => value switch
    {
        null => "None",
        PlainDictionary => "a dictionary",
        PlainList { IsTuple: true } => "a tuple",
        PlainList => "a list",
        TensorEntry => "a single tensor",
        string => "a string",
        bool or long or double or System.Numerics.BigInteger => "a number",
        _ => "bytes",
    };
}
