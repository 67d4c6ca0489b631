using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>What a <see cref="NativeValue"/> or an <see cref="Arg"/> holds; mirrors <c>Tag</c> in native/src/abi.h.</summary>
internal enum Tag : long
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    IntList = 5,
    DoubleList = 6,
    TensorList = 7,
    String = 8,
    Device = 9,
    Generator = 10,
    Complex = 11,
    BoolList = 12,
    Ellipsis = 13,
    Slice = 14,
    Tuple = 15,
    List = 16,
    Unsupported = 17,
}

/// <summary>A tagged value as the native side sees it; mirrors <c>Value</c> in native/src/abi.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public Tag Tag;
    public long Bits;
    public long Count;
}

/// <summary>A tensor's plain properties; mirrors <c>Description</c> in native/src/tensor.cpp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TensorDescription
{
    public long* Sizes;
    public long* Strides;
    public long Dim;
    public long Numel;
    public long StorageOffset;
    public int DType;
    public int ElementSize;
    public int DeviceType;
    public int DeviceIndex;
    public int IsContiguous;
    public int Layout;
}
