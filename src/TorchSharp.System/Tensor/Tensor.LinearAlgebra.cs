using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Matrix products and simple linear algebra.
    public partial class Tensor
    {
        /// <summary>See torch.matmul.</summary>
        public Tensor matmul(Tensor target) => Aten.matmul.Call(this, target);

        /// <summary>See torch.mm.</summary>
        public Tensor mm(Tensor target) => Aten.mm.Call(this, target);

        /// <summary>See torch.mv.</summary>
        public Tensor mv(Tensor target) => Aten.mv.Call(this, target);

        /// <summary>See torch.bmm.</summary>
        public Tensor bmm(Tensor batch2) => Aten.bmm.Call(this, batch2);

        /// <summary>See torch.dot.</summary>
        public Tensor dot(Tensor target) => Aten.dot.Call(this, target);

        /// <summary>See torch.vdot.</summary>
        public Tensor vdot(Tensor target) => Aten.vdot.Call(this, target);

        /// <summary>See torch.inner.</summary>
        public Tensor inner(Tensor vec2) => Aten.inner.Call(this, vec2);

        /// <summary>See torch.outer.</summary>
        public Tensor outer(Tensor vec2) => Aten.outer.Call(this, vec2);

        /// <summary>See torch.ger.</summary>
        public Tensor ger(Tensor vec2) => Aten.ger.Call(this, vec2);

        /// <summary>See torch.kron.</summary>
        public Tensor kron(Tensor other) => Aten.kron.Call(this, other);

        /// <summary>See torch.addmm.</summary>
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Aten.addmm.Call(this, mat1, mat2, beta, alpha);

        /// <summary>See torch.addmm, in place.</summary>
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Aten.addmm_.InPlace(this, mat1, mat2, beta, alpha);

        /// <summary>See torch.addbmm.</summary>
        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Aten.addbmm.Call(this, batch1, batch2, beta, alpha);

        /// <summary>See torch.addmv.</summary>
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) => Aten.addmv.Call(this, mat, vec, beta, alpha);

        /// <summary>See torch.addr.</summary>
        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) => Aten.addr.Call(this, vec1, vec2, beta, alpha);

        /// <summary>See torch.matrix_power.</summary>
        public Tensor matrix_power(int n) => Aten.matrix_power.Call(this, n);

        /// <summary>See torch.matrix_exp.</summary>
        public Tensor matrix_exp() => Aten.matrix_exp.Call(this);

        /// <summary>See torch.inverse.</summary>
        public Tensor inverse() => Aten.inverse.Call(this);

        /// <summary>See torch.det.</summary>
        public Tensor det() => Aten.det.Call(this);

        /// <summary>See torch.logdet.</summary>
        public Tensor logdet() => Aten.logdet.Call(this);

        /// <summary>See torch.cov.</summary>
        public Tensor cov(long correction = 1, Tensor? fweights = null, Tensor? aweights = null) => Aten.cov.Call(this, correction, fweights, aweights);
    }
}
