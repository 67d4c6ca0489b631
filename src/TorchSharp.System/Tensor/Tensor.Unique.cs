using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The different values, or slices of a dimension; where asked for, each element's place among them and their counts.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null) =>
            Asked(dim is { } d ? Aten.unique_dim.Call3(this, d, sorted, return_inverse, return_counts) : Aten._unique2.Call3(this, sorted, return_inverse, return_counts), return_inverse, return_counts);

        /// <summary>As <see cref="unique"/>, of neighbours only.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(bool return_inverse = false, bool return_counts = false, int? dim = null) =>
            Asked(Aten.unique_consecutive.Call3(this, return_inverse, return_counts, dim), return_inverse, return_counts);

        private static (Tensor, Tensor?, Tensor?) Asked((Tensor output, Tensor inverse, Tensor counts) all, bool inverse, bool counts)
        {
            if (!inverse) all.inverse?.Dispose();
            if (!counts) all.counts?.Dispose();
            return (all.output, inverse ? all.inverse : null, counts ? all.counts : null);
        }
    }

    /// <summary>See <see cref="Tensor.unique"/>.</summary>
    public static (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(Tensor input, bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null) =>
        input.unique(sorted, return_inverse, return_counts, dim);

    /// <summary>See <see cref="Tensor.unique_consecutive"/>.</summary>
    public static (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(Tensor input, bool return_inverse = false, bool return_counts = false, int? dim = null) =>
        input.unique_consecutive(return_inverse, return_counts, dim);
}
