using System.IO.Compression;
using Sam2.Torch.Checkpoints;
using static TorchSharp.torch;

namespace TestSupport;

/// <summary>A golden file: tensors by name, read with the checkpoint reader.</summary>
public sealed class GoldenFile : IDisposable
{
    private readonly Checkpoint _checkpoint;

    private GoldenFile(Checkpoint checkpoint) => _checkpoint = checkpoint;

    /// <summary>Names in the file's order.</summary>
    public IEnumerable<string> Names => _checkpoint.StateDict.Keys;

    /// <summary>Opens a file of tests/Sam2.Torch.Tests/Golden, for example <c>modules_nano.pt</c>, which is kept there as <c>modules_nano.pt.gz</c>.</summary>
    public static GoldenFile Open(string name)
    {
        using var compressed = new GZipStream(File.OpenRead(RepositoryFiles.Golden(name + ".gz")), CompressionMode.Decompress);
        using var content = new MemoryStream();
        compressed.CopyTo(content);
        return new(Checkpoint.Open(content.ToArray(), name));
    }

    /// <summary>Whether the file has this tensor.</summary>
    public bool Contains(string name) => _checkpoint.StateDict.ContainsKey(name);

    /// <summary>A tensor of the file; the caller disposes it.</summary>
    public Tensor this[string name] => _checkpoint.StateDict[name].Load();

    /// <summary>The boolean mask that is stored as <c>name.bits</c> and <c>name.shape</c>: row-major, most significant bit first.</summary>
    public Tensor Mask(string name)
    {
        using var bits = this[name + ".bits"];
        using var shape = this[name + ".shape"];
        var sizes = shape.data<long>().ToArray();
        var packed = bits.data<byte>().ToArray();
        var values = new bool[sizes.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (packed[i >> 3] >> (7 - (i & 7)) & 1) != 0;
        return tensor(values, sizes);
    }

    public void Dispose() => _checkpoint.Dispose();
}
