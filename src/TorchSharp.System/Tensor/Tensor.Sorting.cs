using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Order: sort, topk, unique, search.
    public partial class Tensor
    {
        /// <summary>See torch.sort.</summary>
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => Aten.sort_stable.Call2(this, stable, dim, descending);

        /// <summary>See torch.argsort.</summary>
        public Tensor argsort(long dim = -1, bool descending = false) => Aten.argsort.Call(this, dim, descending);

        /// <summary>See torch.msort.</summary>
        public Tensor msort() => Aten.msort.Call(this);

        /// <summary>See torch.topk.</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Aten.topk.Call2(this, k, dim, largest, sorted);

        /// <summary>See torch.bucketize.</summary>
        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) => Aten.bucketize_Tensor.Call(this, boundaries, outInt32, right);

        /// <summary>See torch.nonzero.</summary>
        public Tensor nonzero() => Aten.nonzero.Call(this);

        /// <summary>See torch.argwhere.</summary>
        public Tensor argwhere() => Aten.argwhere.Call(this);

        /// <summary>See torch.nonzero_as_list.</summary>
        public IList<Tensor> nonzero_as_list()
        {
            using var positions = nonzero();
            return positions.split(1, dim: 1);
        }
    }
}
