using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>An operator of libtorch's dispatcher, looked up by schema name at its first call.</summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    // Operators are never unloaded, so the handle is never freed.
    private nint handle;

    private readonly string name = name.Contains("::") ? name : "aten::" + name;

    /// <summary>Whether this libtorch has the operator.</summary>
    public bool Exists => Find() != 0;

    private nint Find()
    {
        if (handle == 0)
        {
            Native.Check(Native.tss_operator_find(name, overload, out nint found));
            handle = found;
        }
        return handle;
    }

    private nint Handle => handle != 0 ? handle : Find() != 0 ? handle
        : throw new NotSupportedException($"libtorch {Native.Version} has no operator '{name}{(overload.Length > 0 ? "." : "")}{overload}'.");

    /// <summary>Calls an operator that returns a tensor.</summary>
    public Tensor Call(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return TensorOf(result);
    }

    /// <summary>Calls an operator that changes its first argument in place, and returns that argument.</summary>
    public Tensor InPlace(params ReadOnlySpan<Arg> args)
    {
        Invoke(args, null, 0);
        return Unsafe.As<Tensor>(args[0].Reference!);
    }

    /// <summary>Calls an operator for its effect.</summary>
    public void Run(params ReadOnlySpan<Arg> args) => Invoke(args, null, 0);

    /// <summary>Calls an operator that returns two tensors.</summary>
    public (Tensor, Tensor) Call2(params ReadOnlySpan<Arg> args)
    {
        NativeValue* results = stackalloc NativeValue[2];
        Invoke(args, results, 2);
        return (TensorOf(results[0]), TensorOf(results[1]));
    }

    /// <summary>Calls an operator that returns three tensors.</summary>
    public (Tensor, Tensor, Tensor) Call3(params ReadOnlySpan<Arg> args)
    {
        NativeValue* results = stackalloc NativeValue[3];
        Invoke(args, results, 3);
        return (TensorOf(results[0]), TensorOf(results[1]), TensorOf(results[2]));
    }

    /// <summary>Calls an operator that returns a list of tensors.</summary>
    public Tensor[] CallList(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        var handles = (nint*)result.Bits;
        var tensors = new Tensor[result.Count];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = new Tensor(handles[i]);
        return tensors;
    }

    /// <summary>Calls an operator that returns a boolean.</summary>
    public bool CallBool(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return result.Bits != 0;
    }

    /// <summary>Calls an operator that returns an integer (a <see cref="ScalarType"/> is one).</summary>
    public long CallInt(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return result.Bits;
    }

    private static Tensor TensorOf(in NativeValue value) =>
        value is { Tag: Tag.Tensor, Bits: not 0 } ? new Tensor((nint)value.Bits) : null!;

    private void Invoke(ReadOnlySpan<Arg> args, NativeValue* results, int wanted)
    {
        const int onStack = 64;
        int words = Marshaller.ScratchWords(args);
        NativeValue* values = stackalloc NativeValue[args.Length];
        if (words <= onStack)
        {
            long* scratch = stackalloc long[onStack];
            Invoke(args, values, scratch, results, wanted);
            return;
        }
        long* heap = (long*)NativeMemory.Alloc((nuint)words, sizeof(long));
        try { Invoke(args, values, heap, results, wanted); }
        finally { NativeMemory.Free(heap); }
    }

    private void Invoke(ReadOnlySpan<Arg> args, NativeValue* values, long* scratch, NativeValue* results, int wanted)
    {
        Marshaller.Write(args, values, scratch);
        int status = Native.tss_operator_call(Handle, values, args.Length, results, wanted);
        foreach (ref readonly Arg arg in args) GC.KeepAlive(arg.Reference);
        Native.Check(status);
    }
}

/// <summary>Writes arguments as native values; lists and strings go to the scratch memory.</summary>
internal static unsafe class Marshaller
{
    public static int ScratchWords(ReadOnlySpan<Arg> args)
    {
        int words = 0;
        foreach (ref readonly Arg arg in args)
            if (arg.Tag >= Tag.IntList) words += arg.ScratchWords;
        return words;
    }

    public static void Write(ReadOnlySpan<Arg> args, NativeValue* values, long* scratch)
    {
        foreach (ref readonly Arg arg in args) scratch = Write(arg, values++, scratch);
    }

    private static long* Write(in Arg arg, NativeValue* value, long* scratch)
    {
        value->Tag = arg.Tag;
        value->Bits = arg.Bits;
        value->Count = 0;
        switch (arg.Tag)
        {
            case Tag.Tensor:
                value->Bits = Unsafe.As<Tensor>(arg.Reference!).Handle;
                return scratch;
            case Tag.None or Tag.Int or Tag.Double or Tag.Bool or Tag.Ellipsis:
                return scratch;
            case Tag.IntList or Tag.Slice:
                var longs = (long[])arg.Reference!;
                longs.CopyTo(new Span<long>(scratch, longs.Length));
                return List(value, scratch, longs.Length);
            case Tag.DoubleList:
                var doubles = (double[])arg.Reference!;
                doubles.CopyTo(new Span<double>(scratch, doubles.Length));
                return List(value, scratch, doubles.Length);
            case Tag.BoolList:
                var bools = (bool[])arg.Reference!;
                for (int i = 0; i < bools.Length; i++) scratch[i] = bools[i] ? 1 : 0;
                return List(value, scratch, bools.Length);
            case Tag.TensorList:
                var tensors = (Tensor?[])arg.Reference!;
                for (int i = 0; i < tensors.Length; i++) scratch[i] = tensors[i]?.Handle ?? 0;
                return List(value, scratch, tensors.Length);
            case Tag.String:
                string text = (string)arg.Reference!;
                int bytes = Encoding.UTF8.GetBytes(text, new Span<byte>(scratch, Encoding.UTF8.GetMaxByteCount(text.Length)));
                List(value, scratch, bytes);
                return scratch + (bytes + 7) / 8;
            case Tag.Device:
                var device = (Device)arg.Reference!;
                value->Bits = (long)device.type;
                value->Count = device.index;
                return scratch;
            case Tag.Generator:
                value->Bits = ((Generator)arg.Reference!).Handle;
                return scratch;
            case Tag.Complex:
                var complex = (System.Numerics.Complex)arg.Reference!;
                ((double*)scratch)[0] = complex.Real;
                ((double*)scratch)[1] = complex.Imaginary;
                return List(value, scratch, 2);
            default:
                throw new InvalidOperationException($"unknown argument {arg.Tag}");
        }
    }

    private static long* List(NativeValue* value, long* scratch, int count)
    {
        value->Bits = (long)scratch;
        value->Count = count;
        return scratch + count;
    }
}
