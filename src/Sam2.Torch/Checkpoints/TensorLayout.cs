namespace Sam2.Torch.Checkpoints;

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
