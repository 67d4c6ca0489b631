using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// An open checkpoint: a <c>.pt</c> of PyTorch (zip or legacy format), a safetensors file, or several of them with an index. Opening
/// reads the descriptions only; elements are read per tensor, straight into their final place. A file is treated as hostile: it is
/// interpreted as data, bounded and checked, and never run.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly IReadOnlyList<ByteSource> _sources;

    private Checkpoint(string path, IReadOnlyList<ByteSource> sources, CheckpointFormat format, CheckpointContent content, bool anyNames)
    {
        Path = path;
        _sources = sources;
        Format = format;
        Entries = content.Entries;
        var named = anyNames ? new(content.StateDict, CheckpointLayout.Original, "", []) : NamedTensors.Find(path, content.StateDict);
        StateDict = named.Tensors;
        Layout = named.Layout == CheckpointLayout.Original && content.IsFromUltralytics ? CheckpointLayout.Ultralytics : named.Layout;
        Wrapper = named.Wrapper;
        LeftOut = named.LeftOut;
        IsImageOnly = named.IsImageOnly;
    }

    /// <summary>The file, as the caller named it; of a folder, the file in it that was opened.</summary>
    public string Path { get; }

    /// <summary>Size of the file, or of all shards, in bytes.</summary>
    public long FileLength => _sources.Sum(source => source.Length);

    /// <summary>The files that hold the tensors: one, unless an index was opened.</summary>
    public IReadOnlyList<string> Files => [.. _sources.Select(source => source.Name)];

    /// <summary>How the file is laid out.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>Whose names the tensors have in the file; in <see cref="StateDict"/> they have the original's.</summary>
    public CheckpointLayout Layout { get; }

    /// <summary>What stood before the name of every tensor in the file and was taken off, such as <c>model.</c>; empty if nothing did.</summary>
    public string Wrapper { get; }

    /// <summary>Names of tensors that stood beside a wrapped model, such as those of a loss, and belong to no model.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Whether it has the part for images only, without memory, as transformers' <c>Sam2Model</c> saves it.</summary>
    public bool IsImageOnly { get; }

    /// <summary>
    /// The model's tensors by the original's state-dict keys, in the file's order. In a file that is of no model of this family, by the
    /// file's own names.
    /// </summary>
    public IReadOnlyDictionary<string, TensorEntry> StateDict { get; }

    /// <summary>Everything beside the model, such as <c>epoch</c> or <c>optimizer</c>; values as <see cref="PlainList"/> describes. Of safetensors, the metadata.</summary>
    public PlainDictionary Entries { get; }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">
    /// A file, the index of a checkpoint in several files (<c>.index.json</c>), or a folder in which transformers has saved a model.
    /// </param>
    /// <exception cref="CheckpointException">It doesn't exist, is damaged, is no checkpoint, or asks for something that tensors and plain values don't need.</exception>
    public static Checkpoint Open(string path)
    {
        path = InFolder(path);
        if (!ShardedCheckpoint.IsIndex(path))
            return Open(ByteSource.OpenFile(path), anyNames: false);
        var (shards, content) = ShardedCheckpoint.Open(path);
        return Create(path, shards, () => (CheckpointFormat.Safetensors, content), anyNames: false);
    }

    /// <summary>Opens a file of tensors that are not those of a model; they keep their names.</summary>
    internal static Checkpoint OpenAnyNames(string path) => Open(ByteSource.OpenFile(path), anyNames: true);

    /// <summary>Opens a checkpoint that is in memory already.</summary>
    internal static Checkpoint Open(ReadOnlyMemory<byte> bytes, string name = "memory") => Open(ByteSource.OfMemory(name, bytes), anyNames: false);

    /// <summary>Reads the bytes of every tensor of the state dict once, without keeping them, and verifies their checksums.</summary>
    /// <exception cref="CheckpointException">A checksum is wrong, or reading fails.</exception>
    public void Verify()
    {
        foreach (var region in StateDict.Values.Select(entry => entry.Storage.Region.Region).Distinct<StorageRegion>(ReferenceEqualityComparer.Instance))
            region.Verify();
    }

    /// <summary>What the keys begin with that a model has and this checkpoint, being for images only, can't have; nothing for any other.</summary>
    public IReadOnlyList<string> AbsentPrefixes => IsImageOnly ? NamedTensors.VideoPrefixes : [];

    /// <summary>Closes the file. Its entries can't be loaded any more.</summary>
    public void Dispose()
    {
        foreach (var source in _sources)
            source.Dispose();
    }

    /// <summary>The checkpoint in a folder of transformers, by its usual names; any other path as it is.</summary>
    private static string InFolder(string path) => !Directory.Exists(path)
        ? path
        : new[] { "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin" }
            .Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists) ?? path;

    private static Checkpoint Open(ByteSource source, bool anyNames) => Create(source.Name, [source], () =>
    {
        var format = DetectFormat(source);
        return (format, format switch
        {
            CheckpointFormat.TorchZip => TorchZip.Read(source),
            CheckpointFormat.TorchLegacy => TorchLegacyReader.Read(source),
            _ => Safetensors.Read(source),
        });
    }, anyNames);

    private static Checkpoint Create(string path, IReadOnlyList<ByteSource> sources, Func<(CheckpointFormat, CheckpointContent)> read, bool anyNames)
    {
        try
        {
            var (format, content) = read();
            return new(path, sources, format, content, anyNames);
        }
        catch
        {
            foreach (var source in sources)
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

/// <summary>A checkpoint can't be found, read, written or used. Names the file, the cause and what to do about it.</summary>
public sealed class CheckpointException : RemedyException
{
    /// <summary>Describes a failure.</summary>
    /// <param name="file">The file, as the caller named it.</param>
    /// <param name="cause">What is wrong with it, a sentence without a full stop.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that revealed it, if any.</param>
    public CheckpointException(string file, string cause, string remedy = "", Exception? inner = null)
        : base(file, cause, remedy, inner)
    {
    }

    /// <summary>The published model that is missing and can be downloaded (<see cref="CheckpointDownload"/>); null for any other failure.</summary>
    public PublishedModel? Download { get; init; }
}

/// <summary>Advice that several errors share.</summary>
public static class CheckpointRemedy
{
    /// <summary>For a file that was damaged on its way here.</summary>
    public const string Redownload = "The file is damaged or incomplete: download or copy it again";

    /// <summary>For a file that holds more than tensors and plain values.</summary>
    public const string Resave =
        "If you trust the file, reduce it in Python to tensors and plain values: torch.save({\"model\": torch.load(PATH, weights_only=False)[\"model\"]}, NEW)";
}
