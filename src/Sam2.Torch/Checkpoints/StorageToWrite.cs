using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>A storage to write.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Write">Passes all its bytes, in order, to the callback; reads or converts them only then.</param>
internal sealed record StorageToWrite(ScalarType Type, long Count, Action<StorageToWrite.Sink> Write)
{
    /// <summary>Receives the next bytes.</summary>
    public delegate void Sink(ReadOnlySpan<byte> bytes);

    /// <summary>Number of its bytes.</summary>
    public long Length => Count * ScalarTypes.Size(Type);
}
