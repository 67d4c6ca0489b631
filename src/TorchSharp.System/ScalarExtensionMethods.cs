using System.Numerics;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Conversions between <see cref="Scalar"/> and numbers of .NET.</summary>
public static class ScalarExtensionMethods
{
    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this byte value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this sbyte value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this short value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this int value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this long value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this Half value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this float value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this double value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this bool value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this (float, float) value) => value;

    /// <summary>The value as an operand.</summary>
    public static Scalar ToScalar(this Complex value) => value;

    /// <summary>The value as an operand; libtorch holds it in double precision.</summary>
    public static Scalar ToBFloat16Scalar(this float value) => value;

    /// <summary>The number, truncated.</summary>
    public static byte ToByte(this Scalar value) => (byte)value.AsInt64();

    /// <summary>The number, truncated.</summary>
    public static sbyte ToSByte(this Scalar value) => (sbyte)value.AsInt64();

    /// <summary>The number, truncated.</summary>
    public static short ToInt16(this Scalar value) => (short)value.AsInt64();

    /// <summary>The number, truncated.</summary>
    public static int ToInt32(this Scalar value) => (int)value.AsInt64();

    /// <summary>The number, truncated.</summary>
    public static long ToInt64(this Scalar value) => value.AsInt64();

    /// <summary>The number.</summary>
    public static Half ToHalf(this Scalar value) => (Half)value.AsDouble();

    /// <summary>The number.</summary>
    public static float ToSingle(this Scalar value) => (float)value.AsDouble();

    /// <summary>The number.</summary>
    public static double ToDouble(this Scalar value) => value.AsDouble();

    /// <summary>Whether the number is not zero.</summary>
    public static bool ToBoolean(this Scalar value) => value.ToComplexFloat64() != Complex.Zero;

    /// <summary>The number, real and imaginary.</summary>
    public static (float Real, float Imaginary) ToComplexFloat32(this Scalar value)
    {
        Complex complex = value.ToComplexFloat64();
        return ((float)complex.Real, (float)complex.Imaginary);
    }

    /// <summary>The number, real and imaginary.</summary>
    public static Complex ToComplexFloat64(this Scalar value) => value.Boxed is Complex complex ? complex : value.AsDouble();
}
