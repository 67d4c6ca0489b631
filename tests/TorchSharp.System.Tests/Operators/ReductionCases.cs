using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>Reductions with other arguments than one dimension, and scans.</summary>
internal static class ReductionCases
{
    private static readonly Nd X = Nd.Shuffled(31, 3, 4, 5).Map(i => (float)(i / 15 - 2));
    private static readonly Nd Counts = Nd.Integers(32, 0, 4, 30);
    private static readonly Nd WithNaN = Nd.Of([3, 5], i => i[0] == i[1] ? double.NaN : X[i[0], 1, i[1]]);

    public static OperatorCase[] All =>
    [
        new("sum", X, _ => [0L, 2L, true], X.Reduce([0, 2], true, v => v.Sum())) { Note = "two dimensions" },
        new("sum", X, _ => [0L, 1L, 2L], X.Reduce([], false, v => v.Sum())) { Note = "three dimensions" },
        new("std", X, _ => [(0L, 2L), false, true], X.Reduce([0, 2], true, v => Math.Sqrt(Variance(v, 0)))) { Note = "two dimensions" },
        new("std", X, _ => [(0L, 1L, 2L)], X.Reduce([], false, v => Math.Sqrt(Variance(v, 1)))) { Note = "three dimensions" },
        new("std", X, _ => [1L, false, true], X.Reduce([1], true, v => Math.Sqrt(Variance(v, 0)))),
        new("std", X, _ => [new long[] { 0, 2 }, true, true], X.Reduce([0, 2], true, v => Math.Sqrt(Variance(v, 1)))) { Note = "list" },
        new("var", X, _ => [(0L, 2L), false, true], X.Reduce([0, 2], true, v => Variance(v, 0))) { Note = "two dimensions" },
        new("var", X, _ => [(0L, 1L, 2L)], X.Reduce([], false, v => Variance(v, 1))) { Note = "three dimensions" },
        new("var", X, _ => [], X.Reduce([], false, v => Variance(v, 1))) { Note = "all" },
        new("var", X, _ => [1L, false, true], X.Reduce([1], true, v => Variance(v, 0))),
        new("var", X, _ => [new long[] { 0, 2 }, true, true], X.Reduce([0, 2], true, v => Variance(v, 1))) { Note = "list" },
        new("std_mean", X, _ => [], X.Reduce([], false, v => Math.Sqrt(Variance(v, 1))), X.Reduce([], false, v => v.Average())) { Note = "all" },
        new("std_mean", X, _ => [1L, false, true], X.Reduce([1], true, v => Math.Sqrt(Variance(v, 0))), X.Reduce([1], true, v => v.Average())),
        new("std_mean", X, _ => [new long[] { 0, 2 }], X.Reduce([0, 2], false, v => Math.Sqrt(Variance(v, 1))), X.Reduce([0, 2], false, v => v.Average())) { Note = "list" },
        new("var_mean", X, _ => [], X.Reduce([], false, v => Variance(v, 1)), X.Reduce([], false, v => v.Average())) { Note = "all" },
        new("var_mean", X, _ => [1L, false, true], X.Reduce([1], true, v => Variance(v, 0)), X.Reduce([1], true, v => v.Average())),
        new("var_mean", X, _ => [new long[] { 0, 2 }], X.Reduce([0, 2], false, v => Variance(v, 1)), X.Reduce([0, 2], false, v => v.Average())) { Note = "list" },
        new("amax", X, _ => [new long[] { 0, 2 }], X.Reduce([0, 2], false, v => v.Max())),
        new("amin", X, _ => [new long[] { 0, 2 }], X.Reduce([0, 2], false, v => v.Min())),
        new("aminmax", X, _ => [1L, true], X.Reduce([1], true, v => v.Min()), X.Reduce([1], true, v => v.Max())) { Differentiable = false },
        new("norm", X, _ => [1f], X.Reduce([], false, v => v.Sum(Math.Abs))),
        new("norm", X, _ => [1, true, 3f], X.Reduce([1], true, v => Math.Cbrt(v.Sum(a => Math.Pow(Math.Abs(a), 3))))) { Note = "dimension" },
        new("nansum", WithNaN, _ => [], Nd.Scalar(WithNaN.Data.Where(v => !double.IsNaN(v)).Sum())) { Differentiable = false },
        new("nanmedian", WithNaN, _ => [], Nd.Scalar(WithNaN.Data.Where(v => !double.IsNaN(v)).Order().ElementAt(5))) { Differentiable = false },
        new("quantile", X, t => [Nd.Vector(0.25, 0.9).ToTensor(t), 1L], Nd.Of([2, 3, 5], i => Quantile(Lane(i[1], i[2]), i[0] == 0 ? 0.25 : 0.9))),
        new("nanquantile", WithNaN, t => [Nd.Scalar(0.5).ToTensor(t), 1L], WithNaN.Reduce([1], false, v => Quantile(v.Where(a => !double.IsNaN(a)), 0.5))) { Differentiable = false },
        new("cumsum", X, _ => [1L], X.Along(1, v => Running(v, (a, b) => a + b))),
        new("cumprod", X, _ => [1L], X.Along(1, v => Running(v, (a, b) => a * b))),
        new("logcumsumexp", X, _ => [1L], X.Along(1, v => Running(v, (a, b) => Math.Log(Math.Exp(a) + Math.Exp(b))))),
        new("cummax", X, _ => [1L], X.Along(1, v => Running(v, Math.Max)), X.Along(1, v => [.. v.Select((_, i) => (double)Array.IndexOf(v, v[..(i + 1)].Max()))])),
        new("cummin", X, _ => [1L], X.Along(1, v => Running(v, Math.Min)), X.Along(1, v => [.. v.Select((_, i) => (double)Array.IndexOf(v, v[..(i + 1)].Min()))])),
        new("diff", X, _ => [1L, 1L], X.Along(1, v => [.. v.Skip(1).Zip(v, (next, previous) => next - previous)])),
        new("histc", X, _ => [4L, -2L, 2L], Nd.Of([4], i => X.Data.Count(v => v >= -2 + i[0] && (v < -1 + i[0] || (i[0] == 3 && v == 2))))) { Differentiable = false },
        new("bincount", Counts, _ => [null, 7L], Nd.Of([7], i => Counts.Data.Count(v => v == i[0]))) { Types = [ScalarType.Int64], Differentiable = false },
        new("glu", X, _ => [1L], Nd.Of([3, 2, 5], i => X[i] / (1 + Math.Exp(-X[i[0], i[1] + 2, i[2]])))),
    ];

    private static IEnumerable<double> Lane(long a, long b) => Enumerable.Range(0, 4).Select(k => X[a, k, b]);

    private static double[] Running(double[] v, Func<double, double, double> f)
    {
        var result = (double[])v.Clone();
        for (var i = 1; i < v.Length; i++)
            result[i] = f(result[i - 1], v[i]);
        return result;
    }

    private static double Quantile(IEnumerable<double> values, double q)
    {
        var sorted = values.Order().ToArray();
        var position = q * (sorted.Length - 1);
        var below = (int)Math.Floor(position);
        return sorted[below] + (position - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]);
    }

    private static double Variance(double[] v, int correction)
    {
        var mean = v.Average();
        return v.Sum(x => (x - mean) * (x - mean)) / (v.Length - correction);
    }
}
