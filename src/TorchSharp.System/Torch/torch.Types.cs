namespace TorchSharp;

/// <summary>PyTorch's <c>torch</c> module: <c>using static TorchSharp.torch;</c></summary>
public static partial class torch
{
    /// <summary>Truth values.</summary>
    public static ScalarType @bool = ScalarType.Bool;

    /// <summary>Unsigned 8-bit integers.</summary>
    public static ScalarType uint8 = ScalarType.Byte;

    /// <summary>8-bit integers.</summary>
    public static ScalarType int8 = ScalarType.Int8;

    /// <summary>16-bit integers.</summary>
    public static ScalarType int16 = ScalarType.Int16;

    /// <summary>16-bit integers.</summary>
    public static ScalarType @short = ScalarType.Int16;

    /// <summary>32-bit integers.</summary>
    public static ScalarType int32 = ScalarType.Int32;

    /// <summary>32-bit integers.</summary>
    public static ScalarType @int = ScalarType.Int32;

    /// <summary>64-bit integers.</summary>
    public static ScalarType int64 = ScalarType.Int64;

    /// <summary>64-bit integers.</summary>
    public static ScalarType @long = ScalarType.Int64;

    /// <summary>Half-precision numbers.</summary>
    public static ScalarType float16 = ScalarType.Float16;

    /// <summary>Half-precision numbers.</summary>
    public static ScalarType half = ScalarType.Float16;

    /// <summary>Numbers with the range of single precision and 8 bits of significand.</summary>
    public static ScalarType bfloat16 = ScalarType.BFloat16;

    /// <summary>Single-precision numbers.</summary>
    public static ScalarType float32 = ScalarType.Float32;

    /// <summary>Single-precision numbers.</summary>
    public static ScalarType @float = ScalarType.Float32;

    /// <summary>Double-precision numbers.</summary>
    public static ScalarType float64 = ScalarType.Float64;

    /// <summary>Double-precision numbers.</summary>
    public static ScalarType @double = ScalarType.Float64;

    /// <summary>Single-precision complex numbers.</summary>
    public static ScalarType complex64 = ScalarType.ComplexFloat32;

    /// <summary>Single-precision complex numbers.</summary>
    public static ScalarType cfloat = ScalarType.ComplexFloat32;

    /// <summary>Double-precision complex numbers.</summary>
    public static ScalarType complex128 = ScalarType.ComplexFloat64;

    /// <summary>Double-precision complex numbers.</summary>
    public static ScalarType cdouble = ScalarType.ComplexFloat64;

    /// <summary>Whether a type is of floating-point numbers.</summary>
    public static bool is_floating_point(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    /// <summary>Whether a type is of complex numbers.</summary>
    public static bool is_complex(ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    /// <summary>Whether a type is of integers or truth values.</summary>
    public static bool is_integral(ScalarType type) => !is_floating_point(type) && !is_complex(type);

    /// <summary>Whether the elements are floating-point numbers.</summary>
    public static bool is_floating_point(Tensor input) => input.is_floating_point();

    /// <summary>Whether the elements are complex numbers.</summary>
    public static bool is_complex(Tensor input) => input.is_complex();

    /// <summary>Whether the elements are integers or truth values.</summary>
    public static bool is_integral(Tensor t) => t.is_integral();

    /// <summary>The .NET type of an element; null where there is none.</summary>
    internal static Type? ElementType(this ScalarType type) => type switch
    {
        ScalarType.Byte => typeof(byte),
        ScalarType.Int8 => typeof(sbyte),
        ScalarType.Int16 => typeof(short),
        ScalarType.Int32 => typeof(int),
        ScalarType.Int64 => typeof(long),
        ScalarType.Float16 => typeof(Half),
        ScalarType.Float32 => typeof(float),
        ScalarType.Float64 => typeof(double),
        ScalarType.ComplexFloat32 => typeof((float, float)),
        ScalarType.ComplexFloat64 => typeof(System.Numerics.Complex),
        ScalarType.Bool => typeof(bool),
        _ => null,
    };

    internal static ScalarType ToScalarType(this Type type) => Enum.GetValues<ScalarType>().Cast<ScalarType?>().FirstOrDefault(candidate => candidate!.Value.ElementType() == type)
        ?? throw new NotSupportedException($"The type {type.FullName} is not supported.");
}
