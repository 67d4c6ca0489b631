using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>How <see cref="torch.cdist"/> computes Euclidean distances.</summary>
public enum compute_mode
{
    /// <summary>By a matrix product where that pays.</summary>
    use_mm_for_euclid_dist_if_necessary = 0,

    /// <summary>By a matrix product.</summary>
    use_mm_for_euclid_dist = 1,

    /// <summary>By differences.</summary>
    donot_use_mm_for_euclid_dist = 2,
}

public static partial class torch
{
    /// <summary>See torch.cdist.</summary>
    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2, compute_mode compute_mode = compute_mode.use_mm_for_euclid_dist_if_necessary) =>
        Aten.cdist.Call(x1, x2, p, compute_mode == compute_mode.use_mm_for_euclid_dist_if_necessary ? Arg.None : (long)compute_mode);

    /// <summary>Linear algebra.</summary>
    public static class linalg
    {
        /// <summary>See torch.linalg.norm: the Euclidean or Frobenius norm.</summary>
        public static Tensor norm(Tensor input, long[]? dims = null, bool keepdim = false) => Aten.linalg_norm.Call(input, Arg.None, dims, keepdim);

        /// <summary>See torch.linalg.norm.</summary>
        public static Tensor norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) => Aten.linalg_norm.Call(input, ord, dims, keepdim);

        /// <summary>See torch.linalg.vector_norm.</summary>
        public static Tensor vector_norm(Tensor input, double ord = 2, long[]? dims = null, bool keepdim = false) => Aten.linalg_vector_norm.Call(input, ord, dims, keepdim);

        /// <summary>See torch.linalg.cross.</summary>
        public static Tensor cross(Tensor input, Tensor other, long dim = -1) => Aten.linalg_cross.Call(input, other, dim);

        /// <summary>See torch.linalg.inv.</summary>
        public static Tensor inv(Tensor input) => Aten.linalg_inv.Call(input);

        /// <summary>See torch.linalg.det.</summary>
        public static Tensor det(Tensor input) => Aten.linalg_det.Call(input);

        /// <summary>See torch.linalg.solve.</summary>
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Aten.linalg_solve.Call(A, B, left);
    }

    /// <summary>Special functions.</summary>
    public static class special
    {
        /// <summary>See torch.special.digamma.</summary>
        public static Tensor digamma(Tensor input) => input.digamma();

        /// <summary>See torch.special.erf.</summary>
        public static Tensor erf(Tensor input) => input.erf();

        /// <summary>See torch.special.erfc.</summary>
        public static Tensor erfc(Tensor input) => input.erfc();

        /// <summary>See torch.special.erfinv.</summary>
        public static Tensor erfinv(Tensor input) => input.erfinv();

        /// <summary>See torch.special.exp2.</summary>
        public static Tensor exp2(Tensor input) => input.exp2();

        /// <summary>See torch.special.expit.</summary>
        public static Tensor expit(Tensor input) => input.sigmoid();

        /// <summary>See torch.special.expm1.</summary>
        public static Tensor expm1(Tensor input) => input.expm1();

        /// <summary>See torch.special.sinc.</summary>
        public static Tensor sinc(Tensor input) => input.sinc();

        /// <summary>See torch.special.softmax.</summary>
        public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

        /// <summary>See torch.special.log_softmax.</summary>
        public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => input.log_softmax(dim, dtype);
    }
}
