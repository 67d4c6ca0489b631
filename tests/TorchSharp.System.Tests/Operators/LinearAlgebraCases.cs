using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>Products and matrix functions.</summary>
internal static class LinearAlgebraCases
{
    private static readonly Nd M = Nd.Uniform(1, -1, 1, 3, 4);
    private static readonly Nd P = Nd.Uniform(2, -1, 1, 3, 5);
    private static readonly Nd Q = Nd.Uniform(3, -1, 1, 5, 4);
    private static readonly Nd U = Nd.Uniform(4, -1, 1, 3);
    private static readonly Nd V = Nd.Uniform(5, -1, 1, 4);
    private static readonly Nd W = Nd.Uniform(6, -1, 1, 5);
    private static readonly Nd Batch1 = Nd.Uniform(7, -1, 1, 2, 3, 5);
    private static readonly Nd Batch2 = Nd.Uniform(8, -1, 1, 2, 5, 4);
    private static readonly Nd Square = Nd.Vector(2, 1, 0.5, -1, 3, 0.25, 0.5, -0.5, 4).Reshape(3, 3);

    public static OperatorCase[] All =>
    [
        new("addmm", M, t => [P.ToTensor(t), Q.ToTensor(t), 0.5f, 2f], Nd.Of([3, 4], i => 0.5 * M[i] + 2 * Product[i])),
        new("addmv", U, t => [M.ToTensor(t), V.ToTensor(t), 0.5f, 2f], Nd.Of([3], i => 0.5 * U[i] + 2 * Sum(4, k => M[i[0], k] * V[k]))),
        new("addr", M, t => [U.ToTensor(t), V.ToTensor(t), 0.5f, 2f], Nd.Of([3, 4], i => 0.5 * M[i] + 2 * U[i[0]] * V[i[1]])),
        new("addbmm", M, t => [Batch1.ToTensor(t), Batch2.ToTensor(t), 0.5f, 2f],
            Nd.Of([3, 4], i => 0.5 * M[i] + 2 * Sum(2, b => Sum(5, k => Batch1[b, i[0], k] * Batch2[b, k, i[1]])))),
        new("mv", M, t => [V.ToTensor(t)], Nd.Of([3], i => Sum(4, k => M[i[0], k] * V[k]))),
        new("dot", V, t => [Nd.Range(4).ToTensor(t)], Nd.Scalar(Sum(4, k => V[k] * k))),
        new("vdot", V, t => [Nd.Range(4).ToTensor(t)], Nd.Scalar(Sum(4, k => V[k] * k))),
        new("inner", M, t => [Q.ToTensor(t)], Nd.Of([3, 5], i => Sum(4, k => M[i[0], k] * Q[i[1], k]))),
        new("outer", U, t => [V.ToTensor(t)], Nd.Of([3, 4], i => U[i[0]] * V[i[1]])),
        new("ger", U, t => [V.ToTensor(t)], Nd.Of([3, 4], i => U[i[0]] * V[i[1]])),
        new("kron", M, t => [Q.ToTensor(t)], Nd.Of([15, 16], i => M[i[0] / 5, i[1] / 4] * Q[i[0] % 5, i[1] % 4])) { Layouts = [Layout.Contiguous] },
        new("tensordot", Batch1, t => [Batch2.ToTensor(t), new long[] { 0, 2 }, new long[] { 0, 1 }],
            Nd.Of([3, 4], i => Sum(2, b => Sum(5, k => Batch1[b, i[0], k] * Batch2[b, k, i[1]])))),
        new("matrix_power", Square, _ => [3], Reference.MatMul(Square, Reference.MatMul(Square, Square))),
        new("matrix_exp", Square, _ => [], Exponential(Square)) { Tolerance = 1e-10 },
        new("inverse", Square, _ => [], Adjugate.Map(v => v / Determinant)),
        new("det", Square, _ => [], Nd.Scalar(Determinant)),
        new("logdet", Square, _ => [], Nd.Scalar(Math.Log(Determinant))),
        new("trace", Square, _ => [], Nd.Scalar(9)),
        new("cov", M, _ => [], Nd.Of([3, 3], i => Sum(4, k => Centred(i[0], k) * Centred(i[1], k)) / 3)),
        new("dist", M, t => [M.Map(Math.Sin).ToTensor(t)], Nd.Scalar(Math.Sqrt(M.Data.Sum(v => Math.Pow(v - Math.Sin(v), 2))))),
        new("adjoint", M, _ => [], M.Permute(1, 0)),
    ];

    private static Nd Product => Reference.MatMul(P, Q);

    private static double Determinant
        => Sum(3, k => Square[0, k] * (Square[1, (k + 1) % 3] * Square[2, (k + 2) % 3] - Square[1, (k + 2) % 3] * Square[2, (k + 1) % 3]));

    private static Nd Adjugate
        => Nd.Of([3, 3], i => Square[(i[1] + 1) % 3, (i[0] + 1) % 3] * Square[(i[1] + 2) % 3, (i[0] + 2) % 3]
            - Square[(i[1] + 1) % 3, (i[0] + 2) % 3] * Square[(i[1] + 2) % 3, (i[0] + 1) % 3]);

    private static double Centred(long row, long k) => M[row, k] - Sum(4, j => M[row, j]) / 4;

    private static double Sum(int n, Func<int, double> f) => Enumerable.Range(0, n).Sum(f);

    private static Nd Exponential(Nd m)
    {
        var (term, sum) = (Nd.Of([3, 3], i => i[0] == i[1] ? 1 : 0), Nd.Of([3, 3], i => i[0] == i[1] ? 1 : 0));
        for (var n = 1; n < 60; n++)
        {
            var divisor = n;
            term = Reference.MatMul(term, m).Map(v => v / divisor);
            sum = Nd.Zip(sum, term, (a, b) => a + b);
        }
        return sum;
    }
}
