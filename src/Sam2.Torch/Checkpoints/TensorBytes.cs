using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>The memory of a row-major CPU tensor, as spans. A span can't hold more than 2 GB, a tensor can.</summary>
internal static class TensorBytes
{
    private const long MaxSpanBytes = 1 << 30;

    /// <summary>Bytes that begin at <paramref name="position"/> of the tensor's memory.</summary>
    public delegate void Block(long position, Span<byte> bytes);

    /// <summary>Visits the tensor's memory from its first to its last byte.</summary>
    public static void ForEachBlock(Tensor tensor, Block visit)
    {
        var size = ScalarTypes.Size(tensor.dtype);
        var count = tensor.numel();
        if (count == 0)
            return;
        if (count <= MaxSpanBytes / size)
        {
            visit(0, tensor.bytes);
            return;
        }
        using var scope = NewDisposeScope();
        var flat = tensor.detach().view(-1);
        var step = MaxSpanBytes / size;
        for (long first = 0; first < count; first += step)
        {
            using var block = flat.narrow(0, first, Math.Min(step, count - first));
            visit(first * size, block.bytes);
        }
    }
}
