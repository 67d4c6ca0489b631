using System.Numerics;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number of any type as an operand of tensor operations.</summary>
public sealed class Scalar : IDisposable
{
    internal Tag Tag { get; }
    internal long Bits { get; }
    /// <summary>A complex number.</summary>
    internal object? Boxed { get; }

    private Scalar(Tag tag, long bits, ScalarType type, object? boxed = null)
    {
        Tag = tag;
        Bits = bits;
        Type = type;
        Boxed = boxed;
    }

    /// <summary>The type that libtorch holds the number as: the widest of its kind.</summary>
    public ScalarType Type { get; }

    /// <summary>Nothing to release: the number is held by .NET. For the sake of TorchSharp's API.</summary>
    public void Dispose()
    {
    }

    private static Scalar Of(long value) => new(Tag.Int, value, ScalarType.Int64);
    private static Scalar Of(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value), ScalarType.Float64);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(byte value) => Of((long)value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(sbyte value) => Of((long)value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(short value) => Of((long)value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(int value) => Of((long)value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(long value) => Of(value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(Half value) => Of((double)value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(float value) => Of((double)value);

    /// <summary>A number.</summary>
    public static implicit operator Scalar(double value) => Of(value);

    /// <summary>A truth value.</summary>
    public static implicit operator Scalar(bool value) => new(Tag.Bool, value ? 1 : 0, ScalarType.Bool);

    /// <summary>A complex number.</summary>
    public static implicit operator Scalar((float, float) value) => new Complex(value.Item1, value.Item2);

    /// <summary>A complex number.</summary>
    public static implicit operator Scalar(Complex value) => new(Tag.Complex, 0, ScalarType.ComplexFloat64, value);

    internal double AsDouble() => Tag switch
    {
        Tag.Double => BitConverter.Int64BitsToDouble(Bits),
        Tag.Complex => ((Complex)Boxed!).Real,
        _ => Bits,
    };

    internal long AsInt64() => Tag is Tag.Int or Tag.Bool ? Bits : (long)AsDouble();
}
