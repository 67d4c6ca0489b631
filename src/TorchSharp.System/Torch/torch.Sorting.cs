namespace TorchSharp;

// Order: sort, topk, unique, search.
public static partial class torch
{
    /// <summary>See torch.sort.</summary>
    public static (Tensor Values, Tensor Indices) sort(Tensor input, long dim = -1, bool descending = false, bool stable = false) => input.sort(dim, descending, stable);

    /// <summary>See torch.argsort.</summary>
    public static Tensor argsort(Tensor input, long dim = -1, bool descending = false) => input.argsort(dim, descending);

    /// <summary>See torch.msort.</summary>
    public static Tensor msort(Tensor tensor) => tensor.msort();

    /// <summary>See torch.topk.</summary>
    public static (Tensor values, Tensor indexes) topk(Tensor tensor, int k, int dim = -1, bool largest = true, bool sorted = true) => tensor.topk(k, dim, largest, sorted);

    /// <summary>See torch.bucketize.</summary>
    public static Tensor bucketize(Tensor input, Tensor boundaries, bool outInt32 = false, bool right = false) => input.bucketize(boundaries, outInt32, right);

    /// <summary>See torch.nonzero.</summary>
    public static Tensor nonzero(Tensor input) => input.nonzero();

    /// <summary>See torch.argwhere.</summary>
    public static Tensor argwhere(Tensor input) => input.argwhere();
}
