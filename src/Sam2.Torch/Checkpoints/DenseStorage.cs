using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>A tensor as a row-major storage of its own.</summary>
internal static class DenseStorage
{
    /// <summary>Of a tensor in memory.</summary>
    public static StorageToWrite Of(Tensor tensor, ScalarType? floatType)
    {
        var type = tensor.is_floating_point() ? floatType ?? tensor.dtype : tensor.dtype;
        return new(type, tensor.numel(), sink =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var dense = tensor.detach().cpu().to_type(type).contiguous();
            TensorBytes.ForEachBlock(dense, (_, bytes) => sink(bytes));
        });
    }

    /// <summary>Of a tensor in a checkpoint, which is read when it is written.</summary>
    public static StorageToWrite Of(TensorEntry entry, ScalarType? floatType)
    {
        var isFloat = entry.ScalarType is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;
        var type = isFloat ? floatType ?? entry.ScalarType : entry.ScalarType;
        return new(type, entry.ElementCount, sink =>
        {
            using var scope = NewDisposeScope();
            var dense = entry.Load().to_type(type).contiguous();
            TensorBytes.ForEachBlock(dense, (_, bytes) => sink(bytes));
        });
    }
}
