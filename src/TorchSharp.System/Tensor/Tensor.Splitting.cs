using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Parts of a tensor as several tensors.
    public partial class Tensor
    {
        /// <summary>See torch.chunk.</summary>
        public Tensor[] chunk(long chunks, long dim = 0) => Aten.chunk.CallList(this, chunks, dim);

        /// <summary>See torch.split.</summary>
        public Tensor[] split(long size, int dim = 0) => Aten.split_Tensor.CallList(this, size, dim);

        /// <summary>See torch.split.</summary>
        public Tensor[] split(long[] sizes, long dim = 0) => Aten.split_with_sizes.CallList(this, sizes, dim);

        /// <summary>See torch.split.</summary>
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => Aten.split_with_sizes.CallList(this, sizes, dim);

        /// <summary>See torch.split.</summary>
        public Tensor[] split(params long[] sizes) => Aten.split_with_sizes.CallList(this, sizes);

        /// <summary>See torch.tensor_split.</summary>
        public Tensor[] tensor_split(long size, long dim = 0) => Aten.tensor_split_sections.CallList(this, size, dim);

        /// <summary>See torch.tensor_split.</summary>
        public Tensor[] tensor_split(long[] sizes, long dim = 0) => Aten.tensor_split_indices.CallList(this, sizes, dim);

        /// <summary>See torch.unbind.</summary>
        public Tensor[] unbind(long dimension = 0) => Aten.unbind_int.CallList(this, dimension);
    }
}
