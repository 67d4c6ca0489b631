using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor, in row-major order whatever its strides, as values of .NET.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor tensor;
    private readonly nint data;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
        this.tensor = tensor;
        data = tensor.DataPointer();
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Count = tensor.numel();
    }

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>False.</summary>
    public bool IsReadOnly => false;

    /// <summary>Nothing to release: the tensor keeps its memory.</summary>
    public void Dispose()
    {
    }

    private unsafe ref T At(long offset) => ref ((T*)data)[offset];

    private unsafe Span<T> Contiguous(long start, long count) => new((T*)data + start, checked((int)count));

    /// <summary>Where element <paramref name="index"/> of the row-major order lies.</summary>
    private long Offset(long index)
    {
        if (contiguous) return index;
        long offset = 0;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            index = Math.DivRem(index, shape[i], out long at);
            offset += at * strides[i];
        }
        return offset;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1 && shape.Length != 1)
        {
            if (indices[0] < 0 || indices[0] >= Count) throw new IndexOutOfRangeException();
            return Offset(indices[0]);
        }
        if (indices.Length != shape.Length)
            throw new ArgumentException($"{indices.Length} indices for a tensor of {shape.Length} dimensions.");
        long offset = 0;
        for (int i = 0; i < shape.Length; i++)
        {
            if (indices[i] < 0 || indices[i] >= shape[i]) throw new IndexOutOfRangeException($"{indices[i]} >= {shape[i]} in dimension {i}.");
            offset += indices[i] * strides[i];
        }
        return offset;
    }

    /// <summary>The element at indices of every dimension, or at one index of the row-major order.</summary>
    public T this[params long[] indices]
    {
        get
        {
            T value = At(Offset(indices));
            GC.KeepAlive(tensor);
            return value;
        }
        set
        {
            At(Offset(indices)) = value;
            GC.KeepAlive(tensor);
        }
    }

    internal static T ReadItemAt(torch.Tensor tensor, long index)
    {
        tensor.ValidateType(typeof(T));
        var accessor = new TensorAccessor<T>(tensor);
        if (index < 0 || index >= accessor.Count)
            throw new ArgumentOutOfRangeException(nameof(index), $"{index} in a collection of {accessor.Count} elements.");
        T value = accessor.At(accessor.Offset(index));
        GC.KeepAlive(tensor);
        return value;
    }

    /// <summary>The elements as a one-dimensional array.</summary>
    public T[] ToArray()
    {
        var array = new T[Count];
        if (Count > 0) CopyTo(array.AsSpan());
        return array;
    }

    /// <summary>The elements as an array of the tensor's shape.</summary>
    public Array ToNDArray()
    {
        T[] flat = ToArray();
        if (shape.Length < 2) return flat;
        Array array = Array.CreateInstance(typeof(T), shape);
        var indices = new long[shape.Length];
        foreach (T value in flat)
        {
            array.SetValue(value, indices);
            for (int i = shape.Length - 1; i >= 0 && ++indices[i] == shape[i]; i--) indices[i] = 0;
        }
        return array;
    }

    /// <summary>Copies elements, from <paramref name="tensorIndex"/> on, as far as the array reaches.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies elements, from <paramref name="tensorIndex"/> on, as far as the span reaches.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        int count = Overlap(array.Length - arrayIndex, tensorIndex);
        if (contiguous) Contiguous(tensorIndex, count).CopyTo(array[arrayIndex..]);
        else
            for (int i = 0; i < count; i++) array[arrayIndex + i] = At(Offset(tensorIndex + i));
        GC.KeepAlive(tensor);
    }

    /// <summary>Overwrites elements, from <paramref name="tensorIndex"/> on, as far as the array reaches.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    /// <summary>Overwrites elements, from <paramref name="tensorIndex"/> on, as far as the span reaches.</summary>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        int count = Overlap(array.Length - arrayIndex, tensorIndex);
        if (contiguous) array.Slice(arrayIndex, count).CopyTo(Contiguous(tensorIndex, count));
        else
            for (int i = 0; i < count; i++) At(Offset(tensorIndex + i)) = array[arrayIndex + i];
        GC.KeepAlive(tensor);
    }

    private int Overlap(int room, long tensorIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tensorIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(tensorIndex, Count);
        return (int)Math.Min(room, Count - tensorIndex);
    }

    /// <summary>The elements in row-major order.</summary>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return At(Offset(i));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether both hold the same elements.</summary>
    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right) => left.Count == right.Count && left.SequenceEqual(right);

    /// <summary>Whether the elements differ.</summary>
    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);

#nullable disable
    /// <inheritdoc/>
    public override bool Equals(object obj) => obj is TensorAccessor<T> other && this == other;
#nullable restore

    /// <inheritdoc/>
    public override int GetHashCode() => tensor.GetHashCode();
}
