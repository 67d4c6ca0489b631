using TorchSharp.Interop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Conversions of tensors and element types.</summary>
public static class TensorExtensionMethods
{
    /// <summary>The size of an element in bytes.</summary>
    public static int ElementSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new NotSupportedException($"Elements of {type} have no size known here."),
    };

    /// <summary>The number of elements of a shape.</summary>
    public static long TotalSize(this IEnumerable<long> shape) => shape.Aggregate(1L, (product, extent) => product * extent);

    /// <summary>The tensor as a parameter, which takes its memory over.</summary>
    public static Parameter AsParameter(this Tensor tensor) => new(tensor);

    /// <summary>The value of a tensor with one element, converted.</summary>
    private static T As<T>(Tensor value, ScalarType type) where T : unmanaged
    {
        if (value.dtype == type && value.device_type == DeviceType.CPU) return value.item<T>();
        using Tensor converted = value.to(type, CPU);
        return converted.item<T>();
    }

    /// <summary>The value of a tensor with one element.</summary>
    public static bool ToBoolean(this Tensor value) => As<bool>(value, ScalarType.Bool);

    /// <summary>The value of a tensor with one element.</summary>
    public static byte ToByte(this Tensor value) => As<byte>(value, ScalarType.Byte);

    /// <summary>The value of a tensor with one element.</summary>
    public static sbyte ToSByte(this Tensor value) => As<sbyte>(value, ScalarType.Int8);

    /// <summary>The value of a tensor with one element.</summary>
    public static short ToInt16(this Tensor value) => As<short>(value, ScalarType.Int16);

    /// <summary>The value of a tensor with one element.</summary>
    public static int ToInt32(this Tensor value) => As<int>(value, ScalarType.Int32);

    /// <summary>The value of a tensor with one element.</summary>
    public static long ToInt64(this Tensor value) => As<long>(value, ScalarType.Int64);

    /// <summary>The value of a tensor with one element.</summary>
    public static Half ToHalf(this Tensor value) => As<Half>(value, ScalarType.Float16);

    /// <summary>The value of a tensor with one element.</summary>
    public static float ToSingle(this Tensor value) => As<float>(value, ScalarType.Float32);

    /// <summary>The value of a tensor with one element.</summary>
    public static double ToDouble(this Tensor value) => As<double>(value, ScalarType.Float64);

    /// <summary>The value of a tensor with one element.</summary>
    public static System.Numerics.Complex ToComplex64(this Tensor value) => As<System.Numerics.Complex>(value, ScalarType.ComplexFloat64);

    /// <summary>The value of a tensor with one element.</summary>
    public static System.Numerics.Complex ToComplexFloat64(this Tensor value) => As<System.Numerics.Complex>(value, ScalarType.ComplexFloat64);

    /// <summary>The value of a tensor with one element.</summary>
    public static (float Real, float Imaginary) ToComplexFloat32(this Tensor value) => As<(float Real, float Imaginary)>(value, ScalarType.ComplexFloat32);
}
