using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Shapes;

/// <summary>Operators that only rearrange elements; compared exactly, in every layout.</summary>
public sealed class ViewTests : TensorTest
{
    private static readonly Nd Values = Nd.Range(2, 3, 4);

    [Test]
    public void Reshape_keeps_row_major_order()
        => ForEach(x =>
        {
            Expect.Exact(x.reshape(6, 4), Values.Reshape(6, 4));
            Expect.Exact(x.reshape(-1), Values.Reshape(24));
            Expect.Exact(x.reshape(2, -1, 2), Values.Reshape(2, 6, 2));
            Expect.Exact(torch.reshape(x, 4, 6), Values.Reshape(4, 6));
            Expect.Exact(x.contiguous().view(3, 8), Values.Reshape(3, 8));
            Expect.Exact(x.contiguous().view(-1, 4), Values.Reshape(6, 4));
            Expect.Exact(x.contiguous().view_as(torch.zeros(4, 6)), Values.Reshape(4, 6));
        });

    [Test]
    public void Flatten_and_unflatten_join_and_part_neighbouring_dimensions()
        => ForEach(x =>
        {
            Expect.Exact(x.flatten(), Values.Reshape(24));
            Expect.Exact(x.flatten(1), Values.Reshape(2, 12));
            Expect.Exact(x.flatten(0, 1), Values.Reshape(6, 4));
            Expect.Exact(torch.flatten(x, 0, -2), Values.Reshape(6, 4));
            Expect.Exact(x.unflatten(2, 2, 2), Values.Reshape(2, 3, 2, 2));
        });

    [Test]
    public void Permute_and_transpose_reorder_dimensions()
        => ForEach(x =>
        {
            Expect.Exact(x.permute(2, 0, 1), Values.Permute(2, 0, 1));
            Expect.Exact(torch.permute(x, 1, 2, 0), Values.Permute(1, 2, 0));
            Expect.Exact(x.permute(0, -1, -2), Values.Permute(0, 2, 1));
            Expect.Exact(x.transpose(0, 2), Values.Permute(2, 1, 0));
            Expect.Exact(x.transpose(-1, -2), Values.Permute(0, 2, 1));
            Expect.Exact(x.swapaxes(0, 1), Values.Permute(1, 0, 2));
            Expect.Exact(x.swapdims(0, 1), Values.Permute(1, 0, 2));
            Expect.Exact(x.mT, Values.Permute(0, 2, 1));
            Expect.Exact(x.movedim([0], [2]), Values.Permute(1, 2, 0));
            Expect.Exact(torch.movedim(x, [2], [0]), Values.Permute(2, 0, 1));
            Expect.Exact(x.select(0, 0).t(), Nd.Range(3, 4).Permute(1, 0));
            Expect.Exact(x.select(0, 0).T, Nd.Range(3, 4).Permute(1, 0));
        });

    [Test]
    public void Squeeze_and_unsqueeze_remove_and_add_dimensions_of_one()
        => ForEach(x =>
        {
            Expect.Exact(x.unsqueeze(0), Values.Reshape(1, 2, 3, 4));
            Expect.Exact(x.unsqueeze(-1), Values.Reshape(2, 3, 4, 1));
            Expect.Exact(torch.unsqueeze(x, 2), Values.Reshape(2, 3, 1, 4));
            var y = x.unsqueeze(1).unsqueeze(-1);
            Expect.Exact(y.squeeze(), Values);
            Expect.Exact(y.squeeze(1), Values.Reshape(2, 3, 4, 1));
            Expect.Exact(y.squeeze(0), Values.Reshape(2, 1, 3, 4, 1));
            Expect.Exact(torch.squeeze(y, -1), Values.Reshape(2, 1, 3, 4));
        });

    [Test]
    public void Expand_repeats_without_copying()
        => ForEach(x =>
        {
            var expected = Nd.Of([5, 2, 3, 4], i => Values[i[1..]]);
            Expect.Exact(x.expand(5, 2, 3, 4), expected);
            Expect.Exact(x.unsqueeze(0).expand(5, -1, -1, -1), expected);
            Expect.Exact(x.broadcast_to(5, 2, 3, 4), expected);
            Expect.Exact(x.expand_as(torch.zeros(5, 2, 3, 4)), expected);
            Assert.That(x.expand(5, 2, 3, 4).stride(0), Is.Zero);
        });

    [Test]
    public void Repeat_and_repeat_interleave_copy()
        => ForEach(x =>
        {
            Expect.Exact(x.repeat(2, 1, 3), Nd.Of([4, 3, 12], i => Values[i[0] % 2, i[1], i[2] % 4]));
            Expect.Exact(x.repeat(2, 1, 1, 1), Nd.Of([2, 2, 3, 4], i => Values[i[1..]]));
            Expect.Exact(x.tile([2, 1]), Nd.Of([2, 6, 4], i => Values[i[0], i[1] % 3, i[2]]));
            Expect.Exact(x.repeat_interleave(3, 1), Nd.Of([2, 9, 4], i => Values[i[0], i[1] / 3, i[2]]));
            Expect.Exact(torch.repeat_interleave(x, 2, 0), Nd.Of([4, 3, 4], i => Values[i[0] / 2, i[1], i[2]]));
            var counts = torch.tensor(new long[] { 2, 0, 1 });
            Expect.Exact(x.repeat_interleave(counts, 1), Nd.Of([2, 3, 4], i => Values[i[0], i[1] < 2 ? 0 : 2, i[2]]));
        });

    [Test]
    public void Flip_and_roll_move_elements_around()
        => ForEach(x =>
        {
            Expect.Exact(x.flip(0, 2), Nd.Of([2, 3, 4], i => Values[1 - i[0], i[1], 3 - i[2]]));
            Expect.Exact(torch.flip(x, -1), Nd.Of([2, 3, 4], i => Values[i[0], i[1], 3 - i[2]]));
            Expect.Exact(x.roll(1, 2), Nd.Of([2, 3, 4], i => Values[i[0], i[1], (i[2] + 3) % 4]));
            Expect.Exact(torch.roll(x, [2, -1], [1, 2]), Nd.Of([2, 3, 4], i => Values[i[0], (i[1] + 1) % 3, (i[2] + 1) % 4]));
        });

    [Test]
    public void Diagonals_and_triangles()
        => ForEach(x =>
        {
            var m = x.select(0, 1);
            var matrix = Nd.Of([3, 4], i => Values[1, i[0], i[1]]);
            Expect.Exact(m.tril(), Nd.Of([3, 4], i => i[1] <= i[0] ? matrix[i] : 0));
            Expect.Exact(m.triu(1), Nd.Of([3, 4], i => i[1] >= i[0] + 1 ? matrix[i] : 0));
            Expect.Exact(torch.tril(m, -1), Nd.Of([3, 4], i => i[1] <= i[0] - 1 ? matrix[i] : 0));
            Expect.Exact(torch.triu(m), Nd.Of([3, 4], i => i[1] >= i[0] ? matrix[i] : 0));
            Expect.Exact(m.diagonal(), Nd.Of([3], i => matrix[i[0], i[0]]));
            Expect.Exact(m.diag(1), Nd.Of([3], i => matrix[i[0], i[0] + 1]));
            Expect.Exact(torch.diag(m.select(0, 0)), Nd.Of([4, 4], i => i[0] == i[1] ? matrix[0, i[0]] : 0));
        });

    [Test]
    public void Unfold_slides_a_window()
        => ForEach(x => Expect.Exact(x.unfold(2, 2, 1), Nd.Of([2, 3, 3, 2], i => Values[i[0], i[1], i[2] + i[3]])));

    [Test]
    public void Strides_describe_the_memory()
    {
        var x = Values.ToTensor();
        Assert.Multiple(() =>
        {
            Assert.That(x.stride(), Is.EqualTo(new long[] { 12, 4, 1 }));
            Assert.That(x.transpose(0, 2).stride(), Is.EqualTo(new long[] { 1, 4, 12 }));
            Assert.That(x.stride(1), Is.EqualTo(4));
            Assert.That(x.is_contiguous(), Is.True);
            Assert.That(x.transpose(0, 2).is_contiguous(), Is.False);
            Assert.That(x.transpose(0, 2).contiguous().is_contiguous(), Is.True);
            Assert.That(x.select(0, 1).storage_offset(), Is.EqualTo(12));
        });
        Expect.Exact(x.as_strided([2, 2], [4, 2], 1), Nd.Of([2, 2], i => 1 + 4 * i[0] + 2 * i[1]));
    }

    [Test]
    public void Sizes_are_reported_in_every_way()
    {
        var x = Values.ToTensor();
        Assert.Multiple(() =>
        {
            Assert.That(x.shape, Is.EqualTo(new long[] { 2, 3, 4 }));
            Assert.That(x.size(), Is.EqualTo(new long[] { 2, 3, 4 }));
            Assert.That(x.size(1), Is.EqualTo(3));
            Assert.That(x.size(-1), Is.EqualTo(4));
            Assert.That(x.ndim, Is.EqualTo(3));
            Assert.That(x.dim(), Is.EqualTo(3));
            Assert.That(x.Dimensions, Is.EqualTo(3));
            Assert.That(x.numel(), Is.EqualTo(24));
            Assert.That(x.NumberOfElements, Is.EqualTo(24));
            Assert.That(x.element_size(), Is.EqualTo(8));
            Assert.That(x.ElementSize, Is.EqualTo(8));
        });
    }

    [Test]
    public void Views_share_memory_with_their_source()
    {
        var x = Values.ToTensor();
        x.transpose(0, 1).select(0, 2).zero_();
        Expect.Exact(x, Nd.Of([2, 3, 4], i => i[1] == 2 ? 0 : Values[i]));
        x.view(-1).narrow(0, 0, 2).fill_(-1);
        Assert.That(x[0, 0, 1].item<double>(), Is.EqualTo(-1));
    }

    [Test]
    public void Gradients_flow_through_every_rearrangement()
    {
        Func<Tensor, Tensor>[] forms =
        [
            x => x.reshape(4, 6), x => x.contiguous().view(-1), x => x.flatten(1), x => x.permute(2, 0, 1), x => x.transpose(0, 2),
            x => x.unsqueeze(1).squeeze(1), x => x.expand(3, 2, 3, 4), x => x.repeat(2, 1, 2), x => x.repeat_interleave(2, 1),
            x => x.flip(1), x => x.roll([1, 2], [0, 2]), x => x.tril(), x => x.triu(), x => x.select(0, 1).diagonal(),
            x => x.unfold(2, 2, 1), x => x.movedim([0], [2]), x => x.narrow(2, 1, 2), x => x.slice(2, 0, 4, 2), x => x.as_strided([2, 2], [4, 2], 1),
            x => x.unflatten(2, 2, 2), x => x.contiguous(), x => x.clone(), x => x.mT, x => x.unbind(0)[1], x => x.chunk(2, 2)[1],
            x => x.split(2, 1)[0], x => torch.cat([x, x * 2], 1), x => torch.stack([x, x * 2], 1),
        ];
        foreach (var form in forms)
            GradCheck.VerifyOne(form, Nd.Uniform(1, -1, 1, 2, 3, 4));
    }

    private static void ForEach(Action<Tensor> check)
    {
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.Int64, ScalarType.Byte })
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            check(Values.ToTensor(dtype, layout));
        }
    }
}
