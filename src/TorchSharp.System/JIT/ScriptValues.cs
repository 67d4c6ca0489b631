using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>Converts what goes into TorchScript and what comes out of it, with the types that TorchSharp gives it.</summary>
internal static unsafe class ScriptValues
{
    /// <summary>An argument.</summary>
    /// <exception cref="NotImplementedException">TorchSharp can't pass a value of its type.</exception>
    public static Arg ToArg(object? value) => value switch
    {
        null => Arg.None,
        Tensor tensor => tensor,
        Scalar scalar => scalar,
        float number => number,
        double number => number,
        bool flag => flag,
        int number => number,
        long number => number,
        Tensor[] tensors => tensors,
        _ => throw new NotImplementedException($"Passing arguments of type {value.GetType().Name} to TorchScript."),
    };

    /// <summary>
    /// A result. Tuples of up to five are value tuples, longer ones and lists are arrays: of tensors or scalars where all
    /// elements are, else of objects.
    /// </summary>
    /// <param name="method">The method that returned it.</param>
    /// <param name="node">Its tree in preorder.</param>
    /// <param name="count">The number of nodes.</param>
    /// <exception cref="NotImplementedException">It holds something that TorchSharp has no type for; nothing is left behind.</exception>
    public static object? ToObject(string method, NativeValue* node, long count)
    {
        // All tensors get their owners first, so that none is lost when the result can't be made.
        var tensors = new Tensor?[count];
        bool supported = true;
        for (long i = 0; i < count; i++)
        {
            if (node[i] is { Tag: Tag.Tensor, Bits: not 0 }) tensors[i] = new Tensor((nint)node[i].Bits);
            supported &= node[i].Tag != Tag.Unsupported;
        }
        if (supported)
        {
            long at = 0;
            return ToObject(node, tensors, ref at);
        }
        foreach (Tensor? tensor in tensors) tensor?.Dispose();
        throw new NotImplementedException(
            $"ScriptModule.{method}() returning something else than a tensor/scalar, a tuple of tensors/scalars, or list of tensors/scalars.");
    }

    private static object? ToObject(NativeValue* nodes, Tensor?[] tensors, ref long at)
    {
        NativeValue node = nodes[at];
        switch (node.Tag)
        {
            case Tag.Tensor:
                return tensors[at++];
            case Tag.Int:
                at++;
                return (Scalar)node.Bits;
            case Tag.Double:
                at++;
                return (Scalar)BitConverter.Int64BitsToDouble(node.Bits);
            case Tag.Bool:
                at++;
                return (Scalar)(node.Bits != 0);
            case Tag.Tuple or Tag.List:
                at++;
                var elements = new object?[node.Count];
                for (int i = 0; i < elements.Length; i++) elements[i] = ToObject(nodes, tensors, ref at);
                return node.Tag == Tag.Tuple ? Tuple(elements) : Array(elements, ofTensors: node.Bits != 0);
            default:
                at++;
                return null;
        }
    }

    private static object? Tuple(object?[] elements) => elements switch
    {
        [var only] => only,
        [Tensor a, Tensor b] => (a, b),
        [Tensor a, Tensor b, Tensor c] => (a, b, c),
        [Tensor a, Tensor b, Tensor c, Tensor d] => (a, b, c, d),
        [Tensor a, Tensor b, Tensor c, Tensor d, Tensor e] => (a, b, c, d, e),
        [Scalar a, Scalar b] => (a, b),
        [Scalar a, Scalar b, Scalar c] => (a, b, c),
        [Scalar a, Scalar b, Scalar c, Scalar d] => (a, b, c, d),
        [Scalar a, Scalar b, Scalar c, Scalar d, Scalar e] => (a, b, c, d, e),
        [var a, var b] => (a, b),
        [var a, var b, var c] => (a, b, c),
        [var a, var b, var c, var d] => (a, b, c, d),
        [var a, var b, var c, var d, var e] => (a, b, c, d, e),
        _ => Array(elements, ofTensors: false),
    };

    private static Array Array(object?[] elements, bool ofTensors)
    {
        if (ofTensors || (elements.Length > 0 && elements.All(e => e is Tensor))) return elements.Cast<Tensor>().ToArray();
        return elements.All(e => e is Scalar) ? elements.Cast<Scalar>().ToArray() : elements;
    }
}
