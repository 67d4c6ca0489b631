using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Reductions;

public sealed class ScanAndSortTests : TensorTest
{
    private static readonly Nd Values = Nd.Shuffled(21, 3, 4, 5).Map(i => (float)(i / 15 - 2));

    [Test]
    public void Cumulative_sums_and_products_run_along_the_dimension()
    {
        ForEach((x, dim, what) =>
        {
            var sums = Values.Along(dim, v => Running(v, 0, (a, b) => a + b));
            var products = Values.Along(dim, v => Running(v, 1, (a, b) => a * b));
            Expect.Close(x.cumsum(dim), sums, what);
            Expect.Close(torch.cumsum(x, dim), sums, what);
            Expect.Close(x.cumprod(dim), products, what);
        });
        GradCheck.VerifyOne(x => x.cumsum(1), Values);
        GradCheck.VerifyOne(x => x.cumprod(2), Values);
        Expect.Type(Values.ToTensor(ScalarType.Int64).cumsum(0), ScalarType.Int64);
    }

    [Test]
    public void Sorting_gives_ordered_values_and_where_they_were()
        => ForEach((x, dim, what) =>
        {
            foreach (var descending in new[] { false, true })
            {
                var sign = descending ? -1 : 1;
                var values = Values.Along(dim, v => [.. v.OrderBy(a => sign * a)]);
                var indices = Values.Along(dim, v => [.. Order(v, sign)]);
                foreach (var (sorted, order) in new[] { x.sort(dim, descending), torch.sort(x, dim, descending), x.sort(dim, descending, stable: true) })
                {
                    Expect.Close(sorted, values, what);
                    Expect.Exact(order, indices, what);
                }
                Expect.Exact(x.argsort(dim, descending), indices, what);
                Expect.Exact(torch.argsort(x, dim, descending), indices, what);
            }
        });

    [Test]
    public void A_stable_sort_keeps_equal_values_in_their_order()
    {
        var keys = Nd.Integers(3, 0, 3, 200);
        var (_, order) = keys.ToTensor(ScalarType.Float32).sort(0, false, stable: true);
        Expect.Exact(order, keys.Along(0, v => [.. Order(v, 1)]));
    }

    [Test]
    public void The_k_largest_and_smallest_come_in_order()
        => ForEach((x, dim, what) =>
        {
            foreach (var largest in new[] { true, false })
            {
                var sign = largest ? -1 : 1;
                var (values, indices) = x.topk(2, dim, largest);
                Expect.Close(values, Values.Along(dim, v => [.. v.OrderBy(a => sign * a).Take(2)]), what);
                Expect.Exact(indices, Values.Along(dim, v => [.. Order(v, sign).Take(2)]), what);
            }
        });

    [Test]
    public void Softmax_and_log_softmax_normalise_along_the_dimension()
    {
        ForEach((x, dim, what) =>
        {
            var softmax = Values.Along(dim, Reference.Softmax);
            foreach (var actual in new[] { x.softmax(dim), torch.softmax(x, dim), F.softmax(x, dim) })
                Expect.Close(actual, softmax, what);
            foreach (var actual in new[] { x.log_softmax(dim), F.log_softmax(x, dim) })
                Expect.Close(actual, softmax.Map(Math.Log), what);
        });
        GradCheck.VerifyOne(x => x.softmax(1), Values);
        GradCheck.VerifyOne(x => F.softmax(x, -1), Values);
        GradCheck.VerifyOne(x => x.log_softmax(2), Values);
        GradCheck.VerifyOne(x => F.log_softmax(x, 0), Values);
    }

    [Test]
    public void Softmax_of_large_values_and_minus_infinity_stays_finite()
    {
        var x = Nd.Vector(1000, 1000, double.NegativeInfinity, 0).ToTensor(ScalarType.Float32);
        Expect.Exact(x.softmax(0), Nd.Vector(0.5, 0.5, 0, 0));
        Expect.Type(x.softmax(0, ScalarType.Float64), ScalarType.Float64);
        Expect.Type(F.softmax(x, 0, ScalarType.Float64), ScalarType.Float64);
        Expect.Type(x.log_softmax(0, ScalarType.Float64), ScalarType.Float64);
    }

    [Test]
    public void Distinct_values_come_sorted_with_their_positions_and_counts()
    {
        var values = Nd.Integers(8, -3, 3, 4, 6);
        var distinct = values.Data.Distinct().Order().ToArray();
        var (output, inverse, counts) = values.ToTensor(ScalarType.Int64).unique(return_inverse: true, return_counts: true);
        Expect.Exact(output, Nd.Vector(distinct));
        Expect.Exact(inverse!, values.Map(v => Array.IndexOf(distinct, v)));
        Expect.Exact(counts!, Nd.Vector([.. distinct.Select(d => (double)values.Data.Count(v => v == d))]));
    }

    [Test]
    public void Counts_how_often_each_integer_occurs()
    {
        var values = Nd.Integers(9, 0, 5, 40);
        var expected = Nd.Of([8], i => values.Data.Count(v => v == i[0]));
        Expect.Exact(torch.bincount(values.ToTensor(ScalarType.Int64), minlength: 8), expected);
        var weights = Nd.Uniform(10, 0, 1, 40);
        var sums = Nd.Of([8], i => Enumerable.Range(0, 40).Where(k => values.Data[k] == i[0]).Sum(k => weights.Data[k]));
        Expect.Close(torch.bincount(values.ToTensor(ScalarType.Int64), weights.ToTensor(), 8), sums);
    }

    private static void ForEach(Action<Tensor, int, string> check)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        foreach (var dim in new[] { 0, 1, -1 })
        {
            using var scope = NewDisposeScope();
            check(Values.ToTensor(dtype, layout), dim, $"{dtype} {layout} dim {dim}");
        }
    }

    private static double[] Running(double[] v, double start, Func<double, double, double> f)
    {
        var state = start;
        return Array.ConvertAll(v, x => state = f(state, x));
    }

    private static IEnumerable<double> Order(double[] v, int sign)
        => Enumerable.Range(0, v.Length).OrderBy(i => sign * v[i]).Select(i => (double)i);
}
