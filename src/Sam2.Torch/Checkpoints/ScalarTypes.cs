using static TorchSharp.torch;

namespace Sam2.Torch.Checkpoints;

/// <summary>Element types of checkpoints: sizes and names.</summary>
internal static class ScalarTypes
{
    private static readonly (ScalarType Type, int Size, string Storage, string Safetensors, string Name)[] All =
    [
        (ScalarType.Float32, 4, "FloatStorage", "F32", "float32"),
        (ScalarType.Float64, 8, "DoubleStorage", "F64", "float64"),
        (ScalarType.Float16, 2, "HalfStorage", "F16", "float16"),
        (ScalarType.BFloat16, 2, "BFloat16Storage", "BF16", "bfloat16"),
        (ScalarType.Int64, 8, "LongStorage", "I64", "int64"),
        (ScalarType.Int32, 4, "IntStorage", "I32", "int32"),
        (ScalarType.Int16, 2, "ShortStorage", "I16", "int16"),
        (ScalarType.Int8, 1, "CharStorage", "I8", "int8"),
        (ScalarType.Byte, 1, "ByteStorage", "U8", "uint8"),
        (ScalarType.Bool, 1, "BoolStorage", "BOOL", "bool"),
    ];

    /// <summary>Whether elements are real numbers with a fraction.</summary>
    public static bool IsFloat(ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    /// <summary>Bytes per element.</summary>
    /// <remarks>Complex numbers are never weights, but modules that were pickled as a whole keep the rotations of their attention so.</remarks>
    public static int Size(ScalarType type) => type == ScalarType.ComplexFloat32 ? 8 : Find(type).Size;

    /// <summary>Class of the typed storage in the module <c>torch</c>.</summary>
    public static string StorageClass(ScalarType type) => Find(type).Storage;

    /// <summary>Name in safetensors headers.</summary>
    public static string SafetensorsName(ScalarType type) => Find(type).Safetensors;

    /// <summary>PyTorch's name, without <c>torch.</c></summary>
    public static string Name(ScalarType type) => Find(type).Name;

    /// <summary>The type of a safetensors name, or null.</summary>
    public static ScalarType? FromSafetensors(string name)
    {
        foreach (var row in All)
            if (row.Safetensors == name)
                return row.Type;
        return null;
    }

    private static (ScalarType Type, int Size, string Storage, string Safetensors, string Name) Find(ScalarType type)
    {
        foreach (var row in All)
            if (row.Type == type)
                return row;
        throw new NotSupportedException($"Checkpoints can't hold elements of type {type}.");
    }
}

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
