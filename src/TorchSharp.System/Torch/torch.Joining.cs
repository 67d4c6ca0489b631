using TorchSharp.Interop;

namespace TorchSharp;

// Several tensors into one, or functions of several.
public static partial class torch
{
    /// <summary>See torch.cat.</summary>
    public static Tensor cat(Tensor[] tensors, long dim = 0) => Aten.cat.Call(tensors, dim);

    /// <summary>See torch.cat.</summary>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Aten.cat.Call(tensors.ToArray(), dim);

    /// <summary>See torch.cat.</summary>
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => Aten.cat.Call(tensors, dim);

    /// <summary>See torch.stack.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Aten.stack.Call(tensors.ToArray(), dim);

    /// <summary>See torch.meshgrid.</summary>
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") => Aten.meshgrid_indexing.CallList(tensors.ToArray(), indexing);

    /// <summary>See torch.einsum.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => Aten.einsum.Call(equation, tensors);

    /// <summary>See torch.where: x where the condition holds, y elsewhere.</summary>
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Aten.where_self.Call(condition, x, y);

    /// <summary>See torch.where: the indices of elements that are not zero, by dimension.</summary>
    public static Tensor[] where(Tensor condition) => Aten.where.CallList(condition);

    /// <summary>See torch.complex.</summary>
    public static Tensor complex(Tensor real, Tensor imag) => Aten.complex.Call(real, imag);

    /// <summary>See torch.polar.</summary>
    public static Tensor polar(Tensor abs, Tensor angle) => Aten.polar.Call(abs, angle);

    /// <summary>See torch.searchsorted.</summary>
    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor sorter = null!) =>
        Aten.searchsorted_Tensor.Call(sorted_sequence, values, out_int32, right, Arg.None, sorter);

    /// <summary>See torch.tensordot.</summary>
    public static Tensor tensordot(Tensor a, Tensor b, long[] dims1, long[] dims2) => Aten.tensordot.Call(a, b, dims1, dims2);

    /// <summary>See torch.softmax.</summary>
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
}
