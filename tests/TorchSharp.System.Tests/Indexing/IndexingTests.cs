using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Indexing;

public sealed class IndexingTests : TensorTest
{
    private static readonly Nd Values = Nd.Range(3, 4, 5);

    [Test]
    public void Numbers_select_from_the_front_or_the_back()
        => ForEach(x =>
        {
            Expect.Exact(x[1], Nd.Of([4, 5], i => Values[1, i[0], i[1]]));
            Expect.Exact(x[-1, 2], Nd.Of([5], i => Values[2, 2, i[0]]));
            Expect.Exact(x[0, 3, 4], Nd.Scalar(Values[0, 3, 4]));
            Expect.Exact(x.select(1, -2), Nd.Of([3, 5], i => Values[i[0], 2, i[1]]));
            Expect.Exact(torch.select(x, 2, 1), Nd.Of([3, 4], i => Values[i[0], i[1], 1]));
        });

    [Test]
    public void Slices_have_starts_stops_and_steps()
        => ForEach(x =>
        {
            Expect.Exact(x[TensorIndex.Slice(1, 3)], Nd.Of([2, 4, 5], i => Values[i[0] + 1, i[1], i[2]]));
            Expect.Exact(x[1..], Nd.Of([2, 4, 5], i => Values[i[0] + 1, i[1], i[2]]));
            Expect.Exact(x[.., ^3..], Nd.Of([3, 3, 5], i => Values[i[0], i[1] + 1, i[2]]));
            Expect.Exact(x[.., .., 1..4], Nd.Of([3, 4, 3], i => Values[i[0], i[1], i[2] + 1]));
            Expect.Exact(x[TensorIndex.Colon, TensorIndex.Slice(null, null, 2)], Nd.Of([3, 2, 5], i => Values[i[0], 2 * i[1], i[2]]));
            Expect.Exact(x[TensorIndex.Ellipsis, TensorIndex.Slice(2)], Nd.Of([3, 4, 3], i => Values[i[0], i[1], i[2] + 2]));
            Expect.Exact(x[TensorIndex.Ellipsis, TensorIndex.None], Values.Reshape(3, 4, 5, 1));
            Expect.Exact(x[TensorIndex.Ellipsis, 0], Nd.Of([3, 4], i => Values[i[0], i[1], 0]));
            Expect.Exact(x[TensorIndex.Single(2), TensorIndex.Slice(0, 100)], Nd.Of([4, 5], i => Values[2, i[0], i[1]]));
            Expect.Exact(x.slice(1, 1, 4, 2), Nd.Of([3, 2, 5], i => Values[i[0], 1 + 2 * i[1], i[2]]));
            Expect.Exact(x.narrow(2, 1, 3), Nd.Of([3, 4, 3], i => Values[i[0], i[1], i[2] + 1]));
            Expect.Exact(torch.narrow(x, 0, 2, 1), Nd.Of([1, 4, 5], i => Values[2, i[1], i[2]]));
        });

    [Test]
    public void Tensors_of_integers_gather_and_broadcast()
        => ForEach(x =>
        {
            var (a, b) = (torch.tensor(new long[] { 2, 0 }), torch.tensor(new long[] { 3, -1 }));
            Expect.Exact(x[a], Nd.Of([2, 4, 5], i => Values[i[0] == 0 ? 2 : 0, i[1], i[2]]));
            Expect.Exact(x[a, b], Nd.Of([2, 5], i => Values[i[0] == 0 ? 2 : 0, 3, i[1]]));
            Expect.Exact(x[a.unsqueeze(1), b], Nd.Of([2, 2, 5], i => Values[i[0] == 0 ? 2 : 0, 3, i[2]]));
            Expect.Exact(x[TensorIndex.Colon, TensorIndex.Tensor(b)], Nd.Of([3, 2, 5], i => Values[i[0], 3, i[2]]));
            Expect.Exact(x[TensorIndex.Tensor(a), TensorIndex.Colon, TensorIndex.Single(1)], Nd.Of([2, 4], i => Values[i[0] == 0 ? 2 : 0, i[1], 1]));
            Expect.Exact(x.index(a, b), Nd.Of([2, 5], i => Values[i[0] == 0 ? 2 : 0, 3, i[1]]));
        });

    [Test]
    public void Masks_pick_where_they_are_true()
        => ForEach(x =>
        {
            var mask = Nd.Of([3, 4], i => (i[0] + i[1]) % 3 == 0 ? 1 : 0);
            var kept = Nd.Indices(mask.Shape).Where(i => mask[i] != 0).ToArray();
            Expect.Exact(x[mask.ToTensor(ScalarType.Bool)], Nd.Of([kept.Length, 5], i => Values[kept[i[0]][0], kept[i[0]][1], i[1]]));
            var even = Values.Data.Where(v => v % 2 == 0).ToArray();
            Expect.Exact(x.masked_select(x % 2 == 0), Nd.Vector(even));
            Expect.Exact(torch.masked_select(x, x % 2 == 0), Nd.Vector(even));
            Expect.Exact((x > 30).nonzero(), Positions(v => v > 30));
            Expect.Exact(torch.nonzero(x > 30), Positions(v => v > 30));
            Expect.Exact((x > 30).argwhere(), Positions(v => v > 30));
        });

    [Test]
    public void Assignment_writes_through_numbers_slices_tensors_and_masks()
        => ForEach(x =>
        {
            Check(x, t => t[1, 2] = torch.full([5], -1), i => i[0] == 1 && i[1] == 2);
            Check(x, t => t[0] = torch.tensor(-1), i => i[0] == 0);
            Check(x, t => t[.., 1..3] = torch.tensor(-1), i => i[1] is 1 or 2);
            Check(x, t => t[TensorIndex.Ellipsis, TensorIndex.Slice(0, 5, 2)] = torch.tensor(-1), i => i[2] % 2 == 0);
            Check(x, t => t[torch.tensor(new long[] { 0, 2 })] = torch.tensor(-1).to(t.dtype), i => i[0] != 1);
            Check(x, t => t[t > 20] = torch.tensor(-1).to(t.dtype), i => Values[i] > 20);
            Check(x, t => t.index_put_(torch.tensor(-1).to(t.dtype), torch.tensor(new long[] { 0, 2 })), i => i[0] != 1);

            static void Check(Tensor x, Action<Tensor> write, Func<long[], bool> written)
            {
                var copy = x.clone();
                write(copy);
                Expect.Exact(copy, Nd.Of(Values.Shape, i => written(i) ? -1 : Values[i]));
            }
        });

    [Test]
    public void Index_put_can_accumulate()
    {
        var x = torch.zeros(4);
        x.index_put_(torch.tensor(new float[] { 1, 2, 3 }), [torch.tensor(new long[] { 1, 1, 3 })], accumulate: true);
        Expect.Exact(x, Nd.Vector(0, 3, 0, 3));
    }

    [Test]
    public void Gather_scatter_and_their_relatives_address_one_dimension()
        => ForEach(x =>
        {
            var index = Nd.Integers(3, 0, 3, 3, 2, 5);
            var indices = index.ToTensor(ScalarType.Int64);
            Expect.Exact(x.gather(1, indices), Nd.Of([3, 2, 5], i => Values[i[0], (long)index[i], i[2]]));
            Expect.Exact(torch.gather(x, 1, indices), Nd.Of([3, 2, 5], i => Values[i[0], (long)index[i], i[2]]));
            var rows = torch.tensor(new long[] { 3, 0, 3 });
            long[] order = [3, 0, 3];
            Expect.Exact(x.index_select(1, rows), Nd.Of([3, 3, 5], i => Values[i[0], order[i[1]], i[2]]));
            Expect.Exact(torch.index_select(x, 1, rows), Nd.Of([3, 3, 5], i => Values[i[0], order[i[1]], i[2]]));
            Expect.Exact(x.take(torch.tensor(new long[] { 7, 0, 59 })), Nd.Vector(7, 0, 59));
            Expect.Exact(x.take_along_dim(indices, 1), Nd.Of([3, 2, 5], i => Values[i[0], (long)index[i], i[2]]));

            var target = torch.zeros([3, 4, 5], x.dtype);
            var once = Nd.Of([3, 2, 5], i => (i[0] + i[1] + i[2]) % 4);
            var source = once.ToTensor(ScalarType.Int64);
            var scattered = Nd.Zeros(3, 4, 5);
            var added = Nd.Zeros(3, 4, 5);
            foreach (var i in Nd.Indices(once.Shape))
            {
                scattered[i[0], (long)once[i], i[2]] = Values[i];
                added[i[0], (long)index[i], i[2]] += Values[i];
            }
            Expect.Exact(target.scatter(1, source, x), scattered);
            Expect.Exact(target.clone().scatter_(1, source, x), scattered);
            Expect.Exact(target.scatter_add(1, indices, x), added);
            Expect.Exact(target.clone().scatter_add_(1, indices, x), added);
            Expect.Exact(target.clone().index_add_(0, torch.tensor(new long[] { 1, 1, 0 }), x, 1), Nd.Of([3, 4, 5],
                i => i[0] switch { 0 => Values[2, i[1], i[2]], 1 => Values[0, i[1], i[2]] + Values[1, i[1], i[2]], _ => 0 }));
            Expect.Exact(target.clone().index_copy_(0, torch.tensor(new long[] { 2, 0, 1 }), x), Nd.Of([3, 4, 5],
                i => Values[(i[0] + 1) % 3, i[1], i[2]]));
        });

    [Test]
    public void Where_and_masked_fill_choose_by_a_condition()
        => ForEach(x =>
        {
            var condition = Nd.Of([4, 1], i => i[0] % 2);
            var c = condition.ToTensor(ScalarType.Bool);
            Expect.Exact(torch.where(c, x, x * -1), Nd.Zip(condition, Values, (k, v) => k != 0 ? v : -v));
            Expect.Exact(x.where(c, torch.zeros_like(x)), Nd.Zip(condition, Values, (k, v) => k != 0 ? v : 0));
            Expect.Exact(x.masked_fill(c, 7), Nd.Zip(condition, Values, (k, v) => k != 0 ? 7 : v));
            var y = x.clone();
            y.masked_fill_(c, 7);
            Expect.Exact(y, Nd.Zip(condition, Values, (k, v) => k != 0 ? 7 : v));
        });

    [Test]
    public void Where_with_only_a_condition_gives_coordinates_per_dimension()
    {
        var mask = torch.tensor(new[] { false, true, true, false }).reshape(2, 2);
        var coordinates = torch.where(mask);
        Expect.Exact(coordinates[0], Nd.Vector(0, 1));
        Expect.Exact(coordinates[1], Nd.Vector(1, 0));
    }

    [Test]
    public void Search_sorted_finds_insertion_points()
    {
        var edges = torch.tensor(new[] { 1.0, 3, 5 });
        var x = torch.tensor(new[] { 0.5, 1, 4, 5, 9 });
        Expect.Exact(torch.searchsorted(edges, x), Nd.Vector(0, 0, 2, 2, 3));
        Expect.Exact(torch.searchsorted(edges, x, right: true), Nd.Vector(0, 1, 2, 3, 3));
        Expect.Exact(torch.bucketize(x, edges), Nd.Vector(0, 0, 2, 2, 3));
    }

    [Test]
    public void Gradients_flow_to_the_elements_that_were_read()
    {
        var rows = torch.tensor(new long[] { 1, 1, 0 });
        var mask = Nd.Integers(4, 0, 1, 3, 4).ToTensor(ScalarType.Bool);
        var indices = Nd.Integers(5, 0, 3, 3, 2).ToTensor(ScalarType.Int64);
        Func<Tensor, Tensor>[] forms =
        [
            x => x[1], x => x[1.., ^2..], x => x[rows], x => x[mask], x => x.gather(1, indices), x => x.index_select(0, rows),
            x => x.masked_fill(mask, 3), x => torch.where(mask, x, x * x), x => x.masked_select(mask), x => x.take(rows),
            x => (x * 0).scatter_add(1, indices, x.narrow(1, 0, 2)), x => (x * 0).scatter(1, indices.narrow(1, 0, 1), x.narrow(1, 1, 1)), x => (x * 1).index_add_(0, rows, x * x, 2),
            x => (x * 1).index_put_(x[0] * 2, torch.tensor(new long[] { 2 })),
        ];
        foreach (var form in forms)
            GradCheck.VerifyOne(form, Nd.Uniform(6, -1, 1, 3, 4));
    }

    private static Nd Positions(Func<double, bool> predicate)
    {
        var found = Nd.Indices(Values.Shape).Where(i => predicate(Values[i])).ToArray();
        return Nd.Of([found.Length, 3], i => found[i[0]][i[1]]);
    }

    private static void ForEach(Action<Tensor> check)
    {
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.Int64 })
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            check(Values.ToTensor(dtype, layout));
        }
    }
}
