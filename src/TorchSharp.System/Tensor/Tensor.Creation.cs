using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // New tensors after the pattern of this one.
    public partial class Tensor
    {
        private Tensor Like(Op op, ScalarType? dtype, Device? device, bool requires_grad) =>
            op.Call(this, dtype, Arg.None, device).with_requires_grad(requires_grad);

        private Tensor New(Op op, long[] size, ScalarType? dtype, Device? device, bool requires_grad) =>
            op.Call(this, size, dtype, Arg.None, device).with_requires_grad(requires_grad);

        /// <summary>Uninitialised memory in the shape of this tensor.</summary>
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(Aten.empty_like, dtype, device, requires_grad);

        /// <summary>Zeros in the shape of this tensor.</summary>
        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(Aten.zeros_like, dtype, device, requires_grad);

        /// <summary>Ones in the shape of this tensor.</summary>
        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(Aten.ones_like, dtype, device, requires_grad);

        /// <summary>Uniform random numbers of [0, 1) in the shape of this tensor.</summary>
        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(Aten.rand_like, dtype, device, requires_grad);

        /// <summary>Normal random numbers in the shape of this tensor.</summary>
        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => Like(Aten.randn_like, dtype, device, requires_grad);

        /// <summary>Random integers of [low, high) in the shape of this tensor.</summary>
        public Tensor randint_like(long low, long high, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.randint_like_low_dtype.Call(this, low, high, dtype, Arg.None, device).with_requires_grad(requires_grad);

        /// <summary>One value in the shape of this tensor.</summary>
        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.full_like.Call(this, value, dtype, Arg.None, device).with_requires_grad(requires_grad);

        /// <summary>Zeros with this tensor's type and device.</summary>
        public Tensor new_zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => New(Aten.new_zeros, size, dtype, device, requires_grad);

        /// <inheritdoc cref="new_zeros(long[], ScalarType?, Device?, bool)"/>
        public Tensor new_zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_zeros(size.ToArray(), dtype, device, requires_grad);

        /// <inheritdoc cref="new_zeros(long[], ScalarType?, Device?, bool)"/>
        public Tensor new_zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_zeros([size], dtype, device, requires_grad);

        /// <inheritdoc cref="new_zeros(long[], ScalarType?, Device?, bool)"/>
        public Tensor new_zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_zeros([rows, columns], dtype, device, requires_grad);

        /// <inheritdoc cref="new_zeros(long[], ScalarType?, Device?, bool)"/>
        public Tensor new_zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_zeros([dim0, dim1, dim2], dtype, device, requires_grad);

        /// <inheritdoc cref="new_zeros(long[], ScalarType?, Device?, bool)"/>
        public Tensor new_zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_zeros([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        /// <summary>Ones with this tensor's type and device.</summary>
        public Tensor new_ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => New(Aten.new_ones, [size], dtype, device, requires_grad);

        /// <inheritdoc cref="new_ones(long, ScalarType?, Device?, bool)"/>
        public Tensor new_ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => New(Aten.new_ones, [rows, columns], dtype, device, requires_grad);

        /// <inheritdoc cref="new_ones(long, ScalarType?, Device?, bool)"/>
        public Tensor new_ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => New(Aten.new_ones, [dim0, dim1, dim2], dtype, device, requires_grad);

        /// <inheritdoc cref="new_ones(long, ScalarType?, Device?, bool)"/>
        public Tensor new_ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => New(Aten.new_ones, [dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        /// <summary>One value with this tensor's type and device.</summary>
        public Tensor new_full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.new_full.Call(this, size, value, dtype, Arg.None, device).with_requires_grad(requires_grad);

        /// <inheritdoc cref="new_full(long[], Scalar, ScalarType?, Device?, bool)"/>
        public Tensor new_full(ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_full(size.ToArray(), value, dtype, device, requires_grad);

        /// <inheritdoc cref="new_full(long[], Scalar, ScalarType?, Device?, bool)"/>
        public Tensor new_full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => new_full([size], value, dtype, device, requires_grad);
    }
}
