using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

// New tensors: ranges, random integers, tensors like others, memory of .NET. Families of overloads are in Factories/.
public static partial class torch
{
    /// <summary>Calls an operator whose last arguments are type, layout and device.</summary>
    private static Tensor Fill(Op op, long[] size, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Finish(op.Call(size, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad, names);

    private static Tensor Random(Op op, long[] size, ScalarType? dtype, Device? device, bool requires_grad, Generator? generator, string[]? names) =>
        Finish(op.Call(size, generator, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad, names);

    private static Tensor Full(long[] size, Scalar value, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) =>
        Finish(Aten.full.Call(size, value, dtype ?? Natural(value), Arg.None, InitializeDevice(device)), requires_grad, names);

    private static Tensor Finish(Tensor tensor, bool requires_grad, string[]? names = null)
    {
        if (names is { Length: > 0 }) throw new NotSupportedException("Named dimensions are not supported.");
        return requires_grad ? tensor.with_requires_grad() : tensor;
    }

    /// <summary>The type for a value given without one: 64-bit integers for integers, else the default type.</summary>
    private static ScalarType Natural(params ReadOnlySpan<Scalar> values)
    {
        foreach (Scalar value in values)
            if (!is_integral(value.Type)) return defaultType;
        return ScalarType.Int64;
    }

    /// <summary>Numbers from start, below stop, by step.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Finish(Aten.arange_start_step.Call(start, stop, step, dtype ?? Natural(start, stop, step), Arg.None, InitializeDevice(device)), requires_grad);

    /// <summary>Numbers from start, below stop, by 1.</summary>
    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    /// <summary>Numbers from 0, below stop, by 1.</summary>
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    /// <summary>Numbers at equal distances from start to end, both included.</summary>
    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Finish(Aten.linspace.Call(start, end, steps, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad);

    /// <summary>Powers of the base whose exponents are at equal distances from start to end, both included.</summary>
    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Finish(Aten.logspace.Call(start, end, steps, @base, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad);

    /// <summary>Ones on the diagonal, zeros elsewhere.</summary>
    public static Tensor eye(long rows, long columns = -1, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Finish(Aten.eye_m.Call(rows, columns < 0 ? rows : columns, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad, names);

    /// <summary>Random integers of [0, high).</summary>
    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator, names);

    /// <summary>Random integers of [0, high).</summary>
    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size.Shape, dtype, device, requires_grad, generator, names);

    /// <summary>Random integers of [low, high).</summary>
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Finish(Aten.randint_low_generator.Call(low, high, size, generator, dtype ?? ScalarType.Int64, Arg.None, InitializeDevice(device)), requires_grad, names);

    /// <summary>Random integers of [low, high).</summary>
    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, size.Shape, dtype, device, requires_grad, generator, names);

    /// <summary>The numbers 0 to n - 1 in random order.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        Finish(Aten.randperm_generator.Call(n, generator, dtype ?? ScalarType.Int64, Arg.None, InitializeDevice(device)), requires_grad);

    /// <summary>Normal random numbers.</summary>
    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Finish(Aten.normal_float_float.Call(mean, std, size, generator, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad, names);

    /// <summary>Uninitialised memory with given strides.</summary>
    public static Tensor empty_strided(long[] size, long[] strides, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Finish(Aten.empty_strided.Call(size, strides, dtype ?? defaultType, Arg.None, InitializeDevice(device)), requires_grad, names);

    /// <summary>Uninitialised memory in the shape of a tensor.</summary>
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Finish(input.empty_like(dtype, device), requires_grad, names);

    /// <summary>Zeros in the shape of a tensor.</summary>
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Finish(input.zeros_like(dtype, device), requires_grad, names);

    /// <summary>Ones in the shape of a tensor.</summary>
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Finish(input.ones_like(dtype, device), requires_grad, names);

    /// <summary>One value in the shape of a tensor.</summary>
    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Finish(input.full_like(value, dtype, device), requires_grad, names);

    /// <summary>Uniform random numbers of [0, 1) in the shape of a tensor.</summary>
    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => input.rand_like(dtype, device, requires_grad);

    /// <summary>Normal random numbers in the shape of a tensor.</summary>
    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => input.randn_like(dtype, device, requires_grad);

    /// <summary>Random integers of [low, high) in the shape of a tensor.</summary>
    public static Tensor randint_like(Tensor input, long low, long high, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        input.randint_like(low, high, dtype, device, requires_grad);

    /// <summary>A tensor over the memory of an array of any rank: they share it, unless the type or device differs.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <summary>A tensor over the memory of an array of any rank: they share it, unless the type or device differs.</summary>
    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        ScalarType own = rawArray.GetType().GetElementType()!.ToScalarType();
        long[] shape = Enumerable.Range(0, rawArray.Rank).Select(rawArray.GetLongLength).ToArray();
        Tensor tensor = Share(rawArray, 0, shape, own);
        Device place = InitializeDevice(device);
        if ((dtype is { } wanted && wanted != own) || place.type != DeviceType.CPU) tensor = tensor.to(dtype ?? own, place, disposeAfter: true);
        return Finish(tensor, requires_grad, names);
    }

    /// <summary>A one-dimensional tensor of <paramref name="dtype"/> over the memory of an array, which they share.</summary>
    /// <param name="rawArray">An array of any type.</param>
    /// <param name="dtype">What its bytes mean.</param>
    /// <param name="count">Elements of <paramref name="dtype"/>; all where negative.</param>
    /// <param name="offset">Where to begin, in bytes.</param>
    /// <param name="requires_grad">See <see cref="Tensor.requires_grad"/>.</param>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        long bytes = Buffer.ByteLength(rawArray), size = dtype.ElementSize();
        if (offset < 0 || offset > bytes) throw new ArgumentException($"offset {offset} is outside of the array's {bytes} bytes", nameof(offset));
        if (count < 0) count = (bytes - offset) / size;
        if (offset + count * size > bytes)
            throw new ArgumentException($"{count} elements of {size} bytes from byte {offset} on exceed the array's {bytes} bytes", nameof(count));
        return Finish(Share(rawArray, offset, [count], dtype), requires_grad);
    }

    /// <summary>Pins the array until libtorch releases the storage.</summary>
    private static unsafe Tensor Share(Array array, long offset, long[] shape, ScalarType dtype)
    {
        GCHandle pin = GCHandle.Alloc(array, GCHandleType.Pinned);
        fixed (long* sizes = shape)
        {
            int status = Native.tss_tensor_from_blob(pin.AddrOfPinnedObject() + (nint)offset, sizes, shape.Length, (int)dtype, &Unpin, GCHandle.ToIntPtr(pin), out nint result);
            if (status != 0) pin.Free();
            Native.Check(status);
            return new Tensor(result);
        }
    }

    [UnmanagedCallersOnly]
    private static void Unpin(nint pin) => GCHandle.FromIntPtr(pin).Free();

    /// <summary>A tensor of copied values.</summary>
    private static unsafe Tensor Copy<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ScalarType? dtype, Device? device, bool requires_grad, string[]? names = null) where T : unmanaged
    {
        long count = 1;
        foreach (long extent in shape) count *= extent;
        if (count > values.Length) throw new ArgumentException($"mismatched total size creating a tensor from an array: {count} vs. {values.Length}");
        ScalarType own = typeof(T).ToScalarType();
        Tensor tensor = Aten.empty_memory_format.Call(shape, own, Arg.None, CPU);
        values[..(int)count].CopyTo(new Span<T>((void*)tensor.DataPointer(), (int)count));
        Device place = InitializeDevice(device);
        if ((dtype is { } wanted && wanted != own) || place.type != DeviceType.CPU) tensor = tensor.to(dtype ?? own, place, disposeAfter: true);
        return Finish(tensor, requires_grad, names);
    }

    private static ReadOnlySpan<T> Flat<T>(Array array) where T : unmanaged =>
        MemoryMarshal.CreateReadOnlySpan(ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}
