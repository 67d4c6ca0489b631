using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Sums, means, extremes and norms over some or all dimensions.
    public partial class Tensor
    {
        /// <summary>See torch.all.</summary>
        public Tensor all() => Aten.all.Call(this);

        /// <summary>See torch.all.</summary>
        public Tensor all(long dim, bool keepdim = false) => Aten.all_dim.Call(this, dim, keepdim);

        /// <summary>See torch.any.</summary>
        public Tensor any() => Aten.any.Call(this);

        /// <summary>See torch.any.</summary>
        public Tensor any(long dim, bool keepdim = false) => Aten.any_dim.Call(this, dim, keepdim);

        /// <summary>See torch.argmax.</summary>
        public Tensor argmax() => Aten.argmax.Call(this);

        /// <summary>See torch.argmax.</summary>
        public Tensor argmax(long dim, bool keepdim = false) => Aten.argmax.Call(this, dim, keepdim);

        /// <summary>See torch.argmin.</summary>
        public Tensor argmin() => Aten.argmin.Call(this);

        /// <summary>See torch.argmin.</summary>
        public Tensor argmin(long dim, bool keepdim = false) => Aten.argmin.Call(this, dim, keepdim);

        /// <summary>See torch.amax.</summary>
        public Tensor amax(params long[] dims) => Aten.amax.Call(this, dims);

        /// <summary>See torch.amax.</summary>
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => @out is null ? Aten.amax.Call(this, dims, keepdim) : Aten.amax_out.Call(this, dims, keepdim, @out);

        /// <summary>See torch.amax.</summary>
        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amax(dims.ToArray(), keepdim, @out);

        /// <summary>See torch.amin.</summary>
        public Tensor amin(params long[] dims) => Aten.amin.Call(this, dims);

        /// <summary>See torch.amin.</summary>
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => @out is null ? Aten.amin.Call(this, dims, keepdim) : Aten.amin_out.Call(this, dims, keepdim, @out);

        /// <summary>See torch.amin.</summary>
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amin(dims.ToArray(), keepdim, @out);

        /// <summary>See torch.aminmax.</summary>
        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) => Aten.aminmax.Call2(this, dim, keepdim);

        /// <summary>See torch.count_nonzero.</summary>
        public Tensor count_nonzero(long[]? dims = null) => dims is null ? Aten.count_nonzero.Call(this) : Aten.count_nonzero_dim_IntList.Call(this, dims);

        /// <summary>See torch.cumsum.</summary>
        public Tensor cumsum(long dim, ScalarType? type = null) => Aten.cumsum.Call(this, dim, type);

        /// <summary>See torch.cumprod.</summary>
        public Tensor cumprod(long dim, ScalarType? type = null) => Aten.cumprod.Call(this, dim, type);

        /// <summary>See torch.cummax.</summary>
        public (Tensor values, Tensor indexes) cummax(long dim) => Aten.cummax.Call2(this, dim);

        /// <summary>See torch.cummin.</summary>
        public (Tensor values, Tensor indexes) cummin(long dim) => Aten.cummin.Call2(this, dim);

        /// <summary>See torch.logcumsumexp.</summary>
        public Tensor logcumsumexp(long dim) => Aten.logcumsumexp.Call(this, dim);

        /// <summary>See torch.logsumexp.</summary>
        public Tensor logsumexp(long dim, bool keepdim = false) => Aten.logsumexp.Call(this, Dims(dim), keepdim);

        /// <summary>See torch.max.</summary>
        public Tensor max() => Aten.max.Call(this);

        /// <summary>See torch.max.</summary>
        public Tensor max(Tensor other) => Aten.max_other.Call(this, other);

        /// <summary>See torch.max.</summary>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Aten.max_dim.Call2(this, dim, keepdim);

        /// <summary>See torch.min.</summary>
        public Tensor min() => Aten.min.Call(this);

        /// <summary>See torch.min.</summary>
        public Tensor min(Tensor other) => Aten.min_other.Call(this, other);

        /// <summary>See torch.min.</summary>
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Aten.min_dim.Call2(this, dim, keepdim);

        /// <summary>See torch.mean.</summary>
        public Tensor mean() => Aten.mean.Call(this);

        /// <summary>See torch.mean.</summary>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Aten.mean_dim.Call(this, dimensions, keepdim, type);

        /// <summary>See torch.median.</summary>
        public Tensor median() => Aten.median.Call(this);

        /// <summary>See torch.nanmedian.</summary>
        public Tensor nanmedian() => Aten.nanmedian.Call(this);

        /// <summary>See torch.nansum.</summary>
        public Tensor nansum() => Aten.nansum.Call(this);

        /// <summary>See torch.mode.</summary>
        public (Tensor values, Tensor indices) mode(long dim = -1, bool keepdim = false) => Aten.mode.Call2(this, dim, keepdim);

        /// <summary>See torch.kthvalue.</summary>
        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) => Aten.kthvalue.Call2(this, k, dim ?? -1, keepdim);

        /// <summary>See torch.quantile.</summary>
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Aten.quantile.Call(this, q, dim, keepdim);

        /// <summary>See torch.nanquantile.</summary>
        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) => Aten.nanquantile.Call(this, q, dim, keepdim);

        /// <summary>See torch.norm.</summary>
        public Tensor norm(float p = 2) => Aten.norm_Scalar.Call(this, p);

        /// <summary>See torch.norm.</summary>
        public Tensor norm(int dim, bool keepdim = false, float p = 2) => Aten.norm_ScalarOpt_dim.Call(this, p, Dims(dim), keepdim);

        /// <summary>See torch.dist.</summary>
        public Tensor dist(Tensor other, float p = 2) => Aten.dist.Call(this, other, p);

        /// <summary>See torch.prod.</summary>
        public Tensor prod(ScalarType? type = null) => Aten.prod.Call(this, type);

        /// <summary>See torch.prod.</summary>
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Aten.prod_dim_int.Call(this, dim, keepdim, type);

        /// <summary>See torch.sum.</summary>
        public Tensor sum(ScalarType? type = null) => Aten.sum.Call(this, type);

        /// <summary>See torch.sum.</summary>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Aten.sum_dim_IntList.Call(this, Dims(dim), keepdim, type);

        /// <summary>See torch.sum.</summary>
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => Aten.sum_dim_IntList.Call(this, Dims(dim0, dim1), keepdim, type);

        /// <summary>See torch.sum.</summary>
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => Aten.sum_dim_IntList.Call(this, Dims(dim0, dim1, dim2), keepdim, type);

        /// <summary>See torch.sum.</summary>
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Aten.sum_dim_IntList.Call(this, dim, keepdim, type);

        /// <summary>See torch.std.</summary>
        public Tensor std(bool unbiased = true) => Aten.std.Call(this, unbiased);

        /// <summary>See torch.std.</summary>
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.std_dim.Call(this, Dims(dim), unbiased, keepdim), type);

        /// <summary>See torch.std.</summary>
        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.std_dim.Call(this, Dims(dim.Item1, dim.Item2), unbiased, keepdim), type);

        /// <summary>See torch.std.</summary>
        public Tensor std((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.std_dim.Call(this, Dims(dim.Item1, dim.Item2, dim.Item3), unbiased, keepdim), type);

        /// <summary>See torch.std.</summary>
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.std_dim.Call(this, dimensions, unbiased, keepdim), type);

        /// <summary>See torch.std_mean.</summary>
        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => Aten.std_mean.Call2(this, unbiased);

        /// <summary>See torch.std_mean.</summary>
        public (Tensor std, Tensor mean) std_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.std_mean_dim.Call2(this, Dims(dim), unbiased, keepdim), type);

        /// <summary>See torch.std_mean.</summary>
        public (Tensor std, Tensor mean) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.std_mean_dim.Call2(this, dimensions, unbiased, keepdim), type);

        /// <summary>See torch.var.</summary>
        public Tensor var(bool unbiased = true) => Aten.var.Call(this, unbiased);

        /// <summary>See torch.var.</summary>
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.var_dim.Call(this, Dims(dim), unbiased, keepdim), type);

        /// <summary>See torch.var.</summary>
        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.var_dim.Call(this, Dims(dim.Item1, dim.Item2), unbiased, keepdim), type);

        /// <summary>See torch.var.</summary>
        public Tensor var((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.var_dim.Call(this, Dims(dim.Item1, dim.Item2, dim.Item3), unbiased, keepdim), type);

        /// <summary>See torch.var.</summary>
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.var_dim.Call(this, dimensions, unbiased, keepdim), type);

        /// <summary>See torch.var_mean.</summary>
        public (Tensor @var, Tensor mean) var_mean(bool unbiased = true) => Aten.var_mean.Call2(this, unbiased);

        /// <summary>See torch.var_mean.</summary>
        public (Tensor @var, Tensor mean) var_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.var_mean_dim.Call2(this, Dims(dim), unbiased, keepdim), type);

        /// <summary>See torch.var_mean.</summary>
        public (Tensor std, Tensor mean) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Cast(Aten.var_mean_dim.Call2(this, dimensions, unbiased, keepdim), type);

        /// <summary>See torch.trace.</summary>
        public Tensor trace() => Aten.trace.Call(this);

        /// <summary>See torch.softmax.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.softmax_int.Call(this, dim, dtype);

        /// <summary>See torch.log_softmax.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Aten.log_softmax_int.Call(this, dim, dtype);

        /// <summary>See torch.histc.</summary>
        public Tensor histc(long bins = 100, long min = 0, long max = 0) => Aten.histc.Call(this, bins, min, max);

        /// <summary>See torch.bincount.</summary>
        public Tensor bincount(Tensor? weights, long minlength = 0) => Aten.bincount.Call(this, weights, minlength);
    }
}
