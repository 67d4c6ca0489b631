using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>Operators that sort, rank or search.</summary>
internal static class OrderCases
{
    private static readonly Nd X = Nd.Shuffled(41, 3, 4, 5).Map(i => (float)(i / 15 - 2));
    private static readonly Nd Few = Nd.Integers(42, 0, 3, 4, 7);
    private static readonly Nd Runs = Nd.Vector(1, 1, 2, 2, 2, 1, 3);

    public static OperatorCase[] All =>
    [
        new("msort", X, _ => [], X.Along(0, v => [.. v.Order()])),
        new("topk", X, _ => [2, 1, false], X.Along(1, v => [.. v.Order().Take(2)]), X.Along(1, v => [.. Ranks(v).Take(2)])),
        new("kthvalue", X, _ => [2L, (long?)1, true], X.Along(1, v => [v.Order().ElementAt(1)]), X.Along(1, v => [Ranks(v).ElementAt(1)])),
        new("mode", Few, _ => [1L], Few.Reduce([1], false, Mode), null) { Differentiable = false },
        new("unique_consecutive", Runs, _ => [true, true], Nd.Vector(1, 2, 1, 3), Nd.Vector(0, 0, 1, 1, 1, 2, 3), Nd.Vector(2, 3, 1, 1)) { Differentiable = false },
        new("unique", Few, _ => [true, true, true], Nd.Vector([.. Few.Data.Distinct().Order()])) { Differentiable = false },
        new("isin", Few, t => [Nd.Vector(0, 2).ToTensor(t)], Few.Map(v => v is 0 or 2 ? 1 : 0)) { Differentiable = false },
        new("isin", Few, t => [Nd.Vector(0, 2).ToTensor(t), false, true], Few.Map(v => v is 0 or 2 ? 0 : 1)) { Differentiable = false, Note = "inverted" },
        new("bucketize", X, t => [Nd.Vector(-1, 0, 1).ToTensor(t)], X.Map(v => v <= -1 ? 0 : v <= 0 ? 1 : v <= 1 ? 2 : 3)) { Differentiable = false },
        new("nonzero_as_list", Few, _ => [], Column(0), Column(1)) { Differentiable = false },
        new("argwhere", Few, _ => [], Nd.Of([Positions(0).Shape[0], 2], i => Positions((int)i[1])[i[0]])) { Differentiable = false },
        new("argsort", X, _ => [1L, true], X.Along(1, v => [.. Ranks(v).Reverse()])) { Differentiable = false },
        new("nonzero", Few, _ => [], Nd.Of([Positions(0).Shape[0], 2], i => Positions((int)i[1])[i[0]])) { Differentiable = false },
    ];

    private static IEnumerable<double> Ranks(double[] v) => Enumerable.Range(0, v.Length).OrderBy(i => v[i]).Select(i => (double)i);

    private static double Mode(double[] v) => v.GroupBy(a => a).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).First().Key;

    private static Nd Column(int dim) => Positions(dim).Reshape(Positions(dim).Shape[0], 1);

    private static Nd Positions(int dim) => Nd.Vector([.. Nd.Indices(Few.Shape).Where(i => Few[i] != 0).Select(i => (double)i[dim])]);
}
