using static TorchSharp.torch;

namespace TorchSharp.Tests.Reductions;

/// <summary>The reductions.</summary>
public static class ReductionOperators
{
    public static readonly Reduction[] All =
    [
        new("sum", v => v.Sum())
        {
            Full = [x => x.sum(), x => torch.sum(x)], OfNothing = true,
            Dim = [(x, d, k) => x.sum(d, k), (x, d, k) => torch.sum(x, d, k)],
            Dims = [(x, d, k) => x.sum(d, k)],
        },
        new("mean", v => v.Length == 0 ? double.NaN : v.Average())
        {
            Full = [x => x.mean(), x => torch.mean(x)], OfNothing = true,
            Dims = [(x, d, k) => x.mean(d, k), (x, d, k) => torch.mean(x, d, k)],
        },
        new("prod", v => v.Aggregate(1.0, (a, b) => a * b))
        {
            Full = [x => x.prod(), x => torch.prod(x)], OfNothing = true,
            Dim = [(x, d, k) => x.prod(d, k), (x, d, k) => torch.prod(x, d, k)],
        },
        new("var", v => Variance(v, 1))
        {
            Full = [x => x.var()], Dim = [(x, d, k) => x.var(d, true, k)], Dims = [(x, d, k) => x.var(d, true, k)],
        },
        new("var without Bessel's correction", v => Variance(v, 0))
        {
            // Not x.var(false): TorchSharp 0.107 ignores the argument of that overload.
            Dim = [(x, d, k) => x.var(d, false, k)], Dims = [(x, d, k) => x.var(d, false, k)],
        },
        new("std", v => Math.Sqrt(Variance(v, 1)))
        {
            Full = [x => x.std(), x => torch.std(x)], Dim = [(x, d, k) => x.std(d, true, k)], Dims = [(x, d, k) => x.std(d, true, k)],
        },
        new("std without Bessel's correction", v => Math.Sqrt(Variance(v, 0)))
        {
            Full = [x => x.std(false)], Dim = [(x, d, k) => x.std(d, false, k)], Dims = [(x, d, k) => x.std(d, false, k)],
        },
        new("norm", v => Math.Sqrt(v.Sum(x => x * x)))
        {
            Full = [x => x.norm()], OfNothing = true,
            Dim = [(x, d, k) => x.norm((int)d, k)],
        },
        new("1-norm", v => v.Sum(Math.Abs)) { Full = [x => x.norm(1f)], Dim = [(x, d, k) => x.norm((int)d, k, 1)] },
        new("logsumexp", v => Math.Log(v.Sum(Math.Exp))) { Dim = [(x, d, k) => x.logsumexp(d, k), (x, d, k) => torch.logsumexp(x, d, k)] },
        new("max", v => v.Max())
        {
            Full = [x => x.max(), torch.max], Dim = [(x, d, k) => x.max(d, k).values, (x, d, k) => torch.max(x, d, k).values],
        },
        new("min", v => v.Min())
        {
            Full = [x => x.min(), torch.min], Dim = [(x, d, k) => x.min(d, k).values, (x, d, k) => torch.min(x, d, k).values],
        },
        new("amax", v => v.Max()) { Dims = [(x, d, k) => x.amax(d, k), (x, d, k) => torch.amax(x, d, k)] },
        new("amin", v => v.Min()) { Dims = [(x, d, k) => x.amin(d, k), (x, d, k) => torch.amin(x, d, k)] },
        new("argmax", v => Array.IndexOf(v, v.Max()))
        {
            Full = [x => x.argmax(), torch.argmax], Dim = [(x, d, k) => x.argmax(d, k), (x, d, k) => torch.argmax(x, d, k), (x, d, k) => x.max(d, k).indexes],
            Differentiable = false, Gives = ScalarType.Int64,
        },
        new("argmin", v => Array.IndexOf(v, v.Min()))
        {
            Full = [x => x.argmin(), torch.argmin], Dim = [(x, d, k) => x.argmin(d, k), (x, d, k) => torch.argmin(x, d, k), (x, d, k) => x.min(d, k).indexes],
            Differentiable = false, Gives = ScalarType.Int64,
        },
        new("all", v => v.All(x => x != 0) ? 1 : 0)
        {
            Full = [x => x.all(), torch.all], Dim = [(x, d, k) => x.all(d, k), (x, d, k) => torch.all(x, d, k)],
            Differentiable = false, Gives = ScalarType.Bool, OfNothing = true,
        },
        new("any", v => v.Any(x => x != 0) ? 1 : 0)
        {
            Full = [x => x.any(), torch.any], Dim = [(x, d, k) => x.any(d, k), (x, d, k) => torch.any(x, d, k)],
            Differentiable = false, Gives = ScalarType.Bool, OfNothing = true,
        },
        new("count_nonzero", v => v.Count(x => x != 0))
        {
            Full = [x => x.count_nonzero(), x => torch.count_nonzero(x)], Differentiable = false, Gives = ScalarType.Int64, OfNothing = true,
        },
        new("median", v => v.Order().ElementAt((v.Length - 1) / 2)) { Full = [x => x.median(), torch.median] },
    ];

    private static double Variance(double[] v, int correction)
    {
        var mean = v.Average();
        return v.Sum(x => (x - mean) * (x - mean)) / (v.Length - correction);
    }
}
