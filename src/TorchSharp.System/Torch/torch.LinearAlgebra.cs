namespace TorchSharp;

// Matrix products and simple linear algebra.
public static partial class torch
{
    /// <summary>See torch.matmul.</summary>
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    /// <summary>See torch.mm.</summary>
    public static Tensor mm(Tensor input, Tensor target) => input.mm(target);

    /// <summary>See torch.mv.</summary>
    public static Tensor mv(Tensor input, Tensor target) => input.mv(target);

    /// <summary>See torch.bmm.</summary>
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);

    /// <summary>See torch.dot.</summary>
    public static Tensor dot(Tensor input, Tensor other) => input.dot(other);

    /// <summary>See torch.vdot.</summary>
    public static Tensor vdot(Tensor input, Tensor target) => input.vdot(target);

    /// <summary>See torch.inner.</summary>
    public static Tensor inner(Tensor input, Tensor vec2) => input.inner(vec2);

    /// <summary>See torch.outer.</summary>
    public static Tensor outer(Tensor input, Tensor vec2) => input.outer(vec2);

    /// <summary>See torch.ger.</summary>
    public static Tensor ger(Tensor input, Tensor vec2) => input.ger(vec2);

    /// <summary>See torch.kron.</summary>
    public static Tensor kron(Tensor input, Tensor other) => input.kron(other);

    /// <summary>See torch.addmm.</summary>
    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmm(mat1, mat2, beta, alpha);

    /// <summary>See torch.addmm, in place.</summary>
    public static Tensor addmm_(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmm_(mat1, mat2, beta, alpha);

    /// <summary>See torch.addbmm.</summary>
    public static Tensor addbmm(Tensor input, Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => input.addbmm(batch1, batch2, beta, alpha);

    /// <summary>See torch.addmv.</summary>
    public static Tensor addmv(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmv(mat1, mat2, beta, alpha);

    /// <summary>See torch.addr.</summary>
    public static Tensor addr(Tensor input, Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) => input.addr(vec1, vec2, beta, alpha);

    /// <summary>See torch.matrix_power.</summary>
    public static Tensor matrix_power(Tensor input, int n) => input.matrix_power(n);

    /// <summary>See torch.matrix_exp.</summary>
    public static Tensor matrix_exp(Tensor input) => input.matrix_exp();

    /// <summary>See torch.inverse.</summary>
    public static Tensor inverse(Tensor input) => input.inverse();

    /// <summary>See torch.det.</summary>
    public static Tensor det(Tensor input) => input.det();

    /// <summary>See torch.logdet.</summary>
    public static Tensor logdet(Tensor input) => input.logdet();

    /// <summary>See torch.cov.</summary>
    public static Tensor cov(Tensor input, long correction = 1, Tensor? fweights = null, Tensor? aweights = null) => input.cov(correction, fweights, aweights);
}
