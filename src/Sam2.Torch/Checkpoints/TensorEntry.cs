using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// A tensor of a checkpoint: its description. Its elements stay in the file until <see cref="Load"/> or <see cref="CopyTo"/>
/// read them, which works as long as the <see cref="Checkpoint"/> is open.
/// </summary>
public sealed class TensorEntry
{
    // Elements per step where they can't be read straight into place (another type, layout or device).
    private const long BlockElements = 4 << 20;

    private readonly StorageReference _storage;
    private readonly TensorLayout _layout;

    internal TensorEntry(StorageReference storage, TensorLayout layout, bool requiresGrad, bool isParameter)
    {
        _storage = storage;
        _layout = layout;
        RequiresGrad = requiresGrad;
        IsParameter = isParameter;
    }

    /// <summary>Sizes of its dimensions; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _layout.Shape;

    /// <summary>Strides of its dimensions, in elements.</summary>
    public IReadOnlyList<long> Strides => _layout.Strides;

    /// <summary>Element type.</summary>
    public ScalarType ScalarType => _storage.Type;

    /// <summary>Number of elements.</summary>
    public long ElementCount => _layout.Count;

    /// <summary>Whether it was saved as an <c>nn.Parameter</c>.</summary>
    public bool IsParameter { get; }

    /// <summary>Whether it was saved as requiring gradients.</summary>
    public bool RequiresGrad { get; }

    internal TensorLayout Layout => _layout;

    internal StorageReference Storage => _storage;

    /// <summary>Whether both are views of the same storage, so that writing to one could change the other.</summary>
    public bool SharesStorageWith(TensorEntry other) => ReferenceEquals(_storage.Region, other._storage.Region);

    /// <summary>Reads it into a new tensor with its own shape, strides and element type.</summary>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <returns>A tensor that the caller disposes.</returns>
    /// <exception cref="CheckpointException">Its bytes are damaged or can't be read.</exception>
    public Tensor Load(Device? device = null)
    {
        using var scope = NewDisposeScope();
        var flat = empty([_layout.End - FirstReached], dtype: ScalarType, device: CPU);
        ReadElements(FirstReached, flat);
        var result = _layout.IsContiguous
            ? flat.view(_layout.Shape)
            : flat.as_strided(_layout.Shape, _layout.Strides, _layout.Count == 0 ? 0 : _layout.Offset - FirstReached);
        if (device is not null && device.type != DeviceType.CPU)
            result = result.to(device);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Copies it into <paramref name="target"/>, converting the element type. Same type, CPU, row-major: the bytes are read
    /// straight into the target's memory; otherwise in blocks.
    /// </summary>
    /// <param name="target">A tensor or parameter of the same shape, on any device.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    /// <exception cref="CheckpointException">Its bytes are damaged or can't be read; the target's content is then undefined.</exception>
    public void CopyTo(Tensor target)
    {
        if (!target.shape.AsSpan().SequenceEqual(_layout.Shape))
            throw new ArgumentException($"The target has shape [{string.Join(", ", target.shape)}], the checkpoint's tensor [{string.Join(", ", Shape)}].", nameof(target));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (!_layout.IsContiguous || !target.is_contiguous())
        {
            target.copy_(Load());
            return;
        }
        var flat = target.detach().view(-1);
        if (target.dtype == ScalarType && target.device_type == DeviceType.CPU)
        {
            ReadElements(_layout.Offset, flat);
            return;
        }
        if (_layout.Count <= BlockElements)
        {
            target.copy_(Load());
            return;
        }
        var buffer = empty([BlockElements], dtype: ScalarType, device: CPU);
        for (long done = 0; done < _layout.Count; done += BlockElements)
        {
            using var step = NewDisposeScope();
            var count = Math.Min(BlockElements, _layout.Count - done);
            var block = buffer.narrow(0, 0, count);
            ReadElements(_layout.Offset + done, block);
            flat.narrow(0, done, count).copy_(block);
        }
    }

    /// <summary>One row, with the first dimension kept: <c>[1, …]</c> of <c>[N, …]</c>.</summary>
    internal TensorEntry Row(int index)
    {
        var shape = Shape.ToArray();
        if (index < 0 || shape.Length == 0 || index >= shape[0])
            throw new ArgumentOutOfRangeException(nameof(index));
        shape[0] = 1;
        var layout = TensorLayout.Create(shape, [.. Strides], _layout.Offset + index * Strides[0], _storage.Count, out var error)
            ?? throw new InvalidOperationException($"A row of a tensor in its storage has {error}.");
        return new(_storage, layout, RequiresGrad, IsParameter);
    }

    internal TensorEntry AsParameter(bool requiresGrad) => new(_storage, _layout, requiresGrad, isParameter: true);

    /// <summary>First element of the storage that <see cref="Load"/> reads: strides are not negative, so nothing before the offset is reached.</summary>
    internal long FirstReached => _layout.Offset;

    /// <summary>Bytes of the storage from element <paramref name="first"/> on.</summary>
    internal void ReadBytes(long first, long skipBytes, Span<byte> destination) =>
        _storage.Region.Region.Read((_storage.FirstElement + first) * ScalarTypes.Size(ScalarType) + skipBytes, destination);

    private void ReadElements(long first, Tensor destination) =>
        TensorBytes.ForEachBlock(destination, (position, bytes) => ReadBytes(first, position, bytes));
}

/// <summary>Shape and strides of a tensor in a storage, checked so that no later arithmetic can overflow or leave the storage.</summary>
internal sealed class TensorLayout
{
    public const int MaxDimensions = 64;

    private TensorLayout(long[] shape, long[] strides, long offset, long count, long end, bool isContiguous)
    {
        Shape = shape;
        Strides = strides;
        Offset = offset;
        Count = count;
        End = end;
        IsContiguous = isContiguous;
    }

    public long[] Shape { get; }

    public long[] Strides { get; }

    /// <summary>First element, in elements of the storage.</summary>
    public long Offset { get; }

    /// <summary>Number of elements of the tensor.</summary>
    public long Count { get; }

    /// <summary>One past the last element that is reached; <see cref="Offset"/> for an empty tensor.</summary>
    public long End { get; }

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous { get; }

    /// <summary>The layout, or why it is refused.</summary>
    public static TensorLayout? Create(long[] shape, long[] strides, long offset, long storageCount, out string error)
    {
        error = "";
        if (shape.Length != strides.Length)
            error = $"{shape.Length} sizes but {strides.Length} strides";
        else if (shape.Length > MaxDimensions)
            error = $"{shape.Length} dimensions, more than {MaxDimensions}";
        else if (shape.Any(size => size < 0) || strides.Any(stride => stride < 0) || offset < 0)
            error = "a negative size, stride or offset";
        if (error.Length > 0)
            return null;

        Int128 count = 1, last = offset, expected = 1;
        var contiguous = true;
        foreach (var size in shape)
            if (size == 0)
                count = 0;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            if (count != 0)
            {
                count *= shape[i];
                last += (Int128)(shape[i] - 1) * strides[i];
                contiguous &= shape[i] == 1 || strides[i] == expected;
                expected *= shape[i];
            }
            if (count > long.MaxValue || last > long.MaxValue)
            {
                error = "more elements than can be addressed";
                return null;
            }
        }
        var end = count == 0 ? (Int128)offset : last + 1;
        if (end > storageCount)
        {
            error = $"elements up to {end} of a storage of {storageCount}";
            return null;
        }
        return new(shape, strides, offset, (long)count, (long)end, contiguous);
    }

    /// <summary>Row-major strides of a shape, as PyTorch computes them.</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride = unchecked(stride * Math.Max(shape[i], 1));
        }
        return strides;
    }
}
