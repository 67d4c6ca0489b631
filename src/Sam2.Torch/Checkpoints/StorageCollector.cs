using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Decides which storages a file gets for the tensors it is given. Tensors that share memory share a storage; of the memory
/// only the range that they reach is written; a lone view with gaps is written densely.
/// </summary>
internal sealed class StorageCollector(ScalarType? floatType)
{
    private const long BlockElements = 4 << 20;

    private readonly Dictionary<Tensor, TensorToWrite> _tensors = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TensorEntry, TensorToWrite> _entries = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(StorageSlot, ScalarType, long), StorageToWrite> _slots = [];

    /// <summary>Adds tensors in memory. Tensors that are to share a storage must be added in one call, before any of them is looked up.</summary>
    public void Add(IEnumerable<Tensor> tensors)
    {
        foreach (var group in tensors.Where(t => !_tensors.ContainsKey(t)).Distinct<Tensor>(ReferenceEqualityComparer.Instance).GroupBy(Memory))
            if (group.Key.Address == 0 || group.Count() == 1)
                foreach (var tensor in group)
                    _tensors.Add(tensor, Alone(tensor));
            else
                Together([.. group]);
    }

    public TensorToWrite this[Tensor tensor] => _tensors[tensor];

    public TensorToWrite this[TensorEntry entry]
    {
        get
        {
            if (!_entries.TryGetValue(entry, out var result))
            {
                var layout = entry.Layout;
                result = new(SlotOf(entry), layout.Shape, layout.Strides, layout.Offset, entry.RequiresGrad, entry.IsParameter);
                _entries.Add(entry, result);
            }
            return result;
        }
    }

    private StorageToWrite SlotOf(TensorEntry entry)
    {
        var storage = entry.Storage;
        var key = (storage.Region, storage.Type, storage.FirstElement);
        if (!_slots.TryGetValue(key, out var result) || result.Count < storage.Count)
        {
            var target = TargetType(storage.Type);
            result = new(target, storage.Count, sink => CopyStorage(storage, target, sink));
            _slots[key] = result;
        }
        return result;
    }

    private ScalarType TargetType(ScalarType type) =>
        ScalarTypes.IsFloat(type) ? floatType ?? type : type;

    private static void CopyStorage(StorageReference storage, ScalarType target, StorageToWrite.Sink sink)
    {
        using var scope = NewDisposeScope();
        var region = storage.Region.Region;
        region.Verify();
        var size = ScalarTypes.Size(storage.Type);
        var buffer = empty([Math.Min(BlockElements, storage.Count)], dtype: storage.Type, device: CPU);
        for (long done = 0; done < storage.Count; done += BlockElements)
        {
            using var step = NewDisposeScope();
            var first = done;
            var block = buffer.narrow(0, 0, Math.Min(BlockElements, storage.Count - done));
            TensorBytes.ForEachBlock(block, (position, bytes) => region.Read((storage.FirstElement + first) * size + position, bytes));
            Emit(block.to_type(target), sink);
        }
    }

    /// <summary>Where the tensor's storage begins in the CPU's memory, and its type; address 0 for other devices and empty tensors.</summary>
    private static unsafe (nint Address, ScalarType Type) Memory(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU || tensor.numel() == 0)
            return (0, tensor.dtype);
        using var noGrad = no_grad();
        using var first = tensor.detach();
        using var start = first.as_strided([1], [1], 0);
        return ((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(start.bytes)), tensor.dtype);
    }

    private TensorToWrite Alone(Tensor tensor)
    {
        var (first, end) = Range(tensor);
        var dense = tensor.device_type == DeviceType.CPU && end - first == tensor.numel();
        var type = TargetType(tensor.dtype);
        return dense
            ? new(new(type, end - first, sink => EmitRange(tensor, first, end, type, sink)), tensor.shape, tensor.stride(), 0, tensor.requires_grad, IsParameter: false)
            : new(new(type, tensor.numel(), sink => EmitDense(tensor, type, sink)), tensor.shape, TensorLayout.RowMajorStrides(tensor.shape), 0, tensor.requires_grad, IsParameter: false);
    }

    private void Together(IReadOnlyList<Tensor> tensors)
    {
        var first = tensors.Min(t => Range(t).First);
        var end = tensors.Max(t => Range(t).End);
        var type = TargetType(tensors[0].dtype);
        var storage = new StorageToWrite(type, end - first, sink => EmitRange(tensors[0], first, end, type, sink));
        foreach (var tensor in tensors)
            _tensors.Add(tensor, new(storage, tensor.shape, tensor.stride(), tensor.storage_offset() - first, tensor.requires_grad, IsParameter: false));
    }

    /// <summary>First element of its storage that a tensor reaches, and one past the last.</summary>
    private static (long First, long End) Range(Tensor tensor)
    {
        if (tensor.numel() == 0)
            return (0, 0);
        var first = tensor.storage_offset();
        var last = first;
        foreach (var (size, stride) in tensor.shape.Zip(tensor.stride()))
            last += (size - 1) * stride;
        return (first, last + 1);
    }

    private static void EmitRange(Tensor tensor, long first, long end, ScalarType type, StorageToWrite.Sink sink)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (end > first)
            EmitConverted(tensor.detach().as_strided([end - first], [1], first), type, sink);
    }

    private static void EmitDense(Tensor tensor, ScalarType type, StorageToWrite.Sink sink)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        EmitConverted(tensor.detach().cpu().contiguous().view(-1), type, sink);
    }

    private static void EmitConverted(Tensor flat, ScalarType type, StorageToWrite.Sink sink)
    {
        if (flat.dtype == type)
        {
            Emit(flat, sink);
            return;
        }
        for (long done = 0; done < flat.numel(); done += BlockElements)
        {
            using var step = NewDisposeScope();
            Emit(flat.narrow(0, done, Math.Min(BlockElements, flat.numel() - done)).to_type(type), sink);
        }
    }

    private static void Emit(Tensor flat, StorageToWrite.Sink sink) => TensorBytes.ForEachBlock(flat, (_, bytes) => sink(bytes));
}

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

/// <summary>A tensor to write: a view of a storage.</summary>
/// <param name="Storage">The storage; tensors that share it stay shared.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Strides">Strides, in elements.</param>
/// <param name="Offset">First element in the storage.</param>
/// <param name="RequiresGrad">Recorded with the tensor.</param>
/// <param name="IsParameter">Whether Python is to make it an <c>nn.Parameter</c>.</param>
internal sealed record TensorToWrite(StorageToWrite Storage, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides, long Offset, bool RequiresGrad, bool IsParameter);

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
        var type = ScalarTypes.IsFloat(entry.ScalarType) ? floatType ?? entry.ScalarType : entry.ScalarType;
        return new(type, entry.ElementCount, sink =>
        {
            using var scope = NewDisposeScope();
            var dense = entry.Load().to_type(type).contiguous();
            TensorBytes.ForEachBlock(dense, (_, bytes) => sink(bytes));
        });
    }
}
