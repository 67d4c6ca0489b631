using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>An argument of an operator: whatever converts implicitly to it. Lives on the stack of the caller.</summary>
internal readonly struct Arg
{
    public readonly Tag Tag;
    public readonly long Bits;
    /// <summary>The tensor, list, string, device or generator; keeps it alive during the call.</summary>
    public readonly object? Reference;

    private Arg(Tag tag, long bits, object? reference = null)
    {
        Tag = tag;
        Bits = bits;
        Reference = reference;
    }

    private Arg(Tag tag, object? reference)
    {
        Tag = reference is null ? Tag.None : tag;
        Reference = reference;
    }

    /// <summary>The schema's None, or the end of a list of optional arguments.</summary>
    public static Arg None => default;

    /// <summary>The index <c>...</c>.</summary>
    public static Arg Ellipsis => new(Tag.Ellipsis, 0);

    /// <summary>The index <c>start:stop:step</c>.</summary>
    public static Arg Slice(long? start, long? stop, long? step) => new(Tag.Slice,
        new[] { start.HasValue ? 1L : 0, start ?? 0, stop.HasValue ? 1L : 0, stop ?? 0, step.HasValue ? 1L : 0, step ?? 0 });

    /// <summary>How many 64-bit words of scratch memory the value needs.</summary>
    public int ScratchWords => Reference switch
    {
        long[] list => list.Length,
        Tensor?[] list => list.Length,
        double[] list => list.Length,
        bool[] list => list.Length,
        string text => (System.Text.Encoding.UTF8.GetMaxByteCount(text.Length) + 7) / 8,
        System.Numerics.Complex => 2,
        _ => 0,
    };

    public static implicit operator Arg(Tensor? value) => new(Tag.Tensor, value);
    public static implicit operator Arg(long value) => new(Tag.Int, value);
    public static implicit operator Arg(long? value) => value is { } v ? v : None;
    public static implicit operator Arg(int value) => new(Tag.Int, value);
    public static implicit operator Arg(int? value) => value is { } v ? v : None;
    public static implicit operator Arg(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value));
    public static implicit operator Arg(double? value) => value is { } v ? v : None;
    public static implicit operator Arg(float value) => (double)value;
    public static implicit operator Arg(bool value) => new(Tag.Bool, value ? 1 : 0);
    public static implicit operator Arg(bool? value) => value is { } v ? v : None;
    public static implicit operator Arg(ScalarType value) => new(Tag.Int, (long)value);
    public static implicit operator Arg(ScalarType? value) => value is { } v ? v : None;
    public static implicit operator Arg(memory_format value) => new(Tag.Int, (long)value);
    public static implicit operator Arg(long[]? value) => new(Tag.IntList, value);
    public static implicit operator Arg(ReadOnlySpan<long> value) => value.ToArray();
    public static implicit operator Arg(double[]? value) => new(Tag.DoubleList, value);
    public static implicit operator Arg(bool[]? value) => new(Tag.BoolList, value);
    public static implicit operator Arg(Tensor?[]? value) => new(Tag.TensorList, value);
    public static implicit operator Arg(List<Tensor> value) => value.ToArray();
    public static implicit operator Arg(ReadOnlySpan<Tensor> value) => value.ToArray();
    public static implicit operator Arg(string? value) => new(Tag.String, value);
    public static implicit operator Arg(Device? value) => new(Tag.Device, value);
    public static implicit operator Arg(Generator? value) => new(Tag.Generator, value);
    public static implicit operator Arg(Scalar? value) => value is null ? None : new(value.Tag, value.Bits, value.Boxed);
}
