using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Shapes;

/// <summary>Functions of several tensors, in every way to pass them.</summary>
public sealed class StackTests : TensorTest
{
    private static readonly Nd A = Nd.Range(2, 3);
    private static readonly Nd B = Nd.Range(2, 3).Map(v => v + 100);

    [Test]
    public void Lists_arrays_and_spans_of_tensors_are_joined_alike()
    {
        Tensor[] array = [A.ToTensor(), B.ToTensor()];
        var rows = Nd.Of([4, 3], i => i[0] < 2 ? A[i] : B[i[0] - 2, i[1]]);
        var columns = Nd.Of([2, 6], i => i[1] < 3 ? A[i] : B[i[0], i[1] - 3]);
        Expect.Exact(torch.cat(array, 0), rows);
        Expect.Exact(torch.cat((IList<Tensor>)array, 0), rows);
        Expect.Exact(torch.cat((ReadOnlySpan<Tensor>)array, 0), rows);
        Expect.Exact(torch.concat(array, 1), columns);
        Expect.Exact(torch.concat((IList<Tensor>)array, 1), columns);
        Expect.Exact(torch.concat((ReadOnlySpan<Tensor>)array, 1), columns);
        Expect.Exact(torch.vstack(array), rows);
        Expect.Exact(torch.vstack((IList<Tensor>)array), rows);
        Expect.Exact(torch.hstack(array), columns);
        Expect.Exact(torch.hstack((IList<Tensor>)array), columns);
    }

    [Test]
    public void Blocks_line_up_on_the_diagonal()
        => Expect.Exact(torch.block_diag(A.ToTensor(), B.ToTensor()),
            Nd.Of([4, 6], i => i[0] < 2 && i[1] < 3 ? A[i] : i[0] >= 2 && i[1] >= 3 ? B[i[0] - 2, i[1] - 3] : 0));

    [Test]
    public void Broadcasting_gives_all_tensors_one_shape()
    {
        var results = torch.broadcast_tensors(A.ToTensor(), Nd.Vector(7, 8, 9).ToTensor());
        Expect.Exact(results[0], A);
        Expect.Exact(results[1], Nd.Of([2, 3], i => 7 + i[1]));
    }

    [Test]
    public void Dimensions_can_be_spans()
    {
        ReadOnlySpan<long> dims = [0, 1];
        var x = A.ToTensor();
        Expect.Exact(x.sum(dims), Nd.Scalar(15));
        Expect.Exact(torch.sum(x, dims), Nd.Scalar(15));
        Expect.Exact(x.amax(dims), Nd.Scalar(5));
        Expect.Exact(torch.amax(x, dims), Nd.Scalar(5));
        Expect.Exact(x.amin(dims), Nd.Scalar(0));
        Expect.Exact(torch.amin(x, dims), Nd.Scalar(0));
        Expect.Close(x.std(dims), Nd.Scalar(Math.Sqrt(3.5)));
        Expect.Close(x.var(dims), Nd.Scalar(3.5));
        Expect.Exact(x.expand(stackalloc long[] { 4, 2, 3 }), Nd.Of([4, 2, 3], i => A[i[1..]]));
        Expect.Exact(x.roll(stackalloc long[] { 1 }, stackalloc long[] { 1 }), Nd.Of([2, 3], i => A[i[0], (i[1] + 2) % 3]));
        Expect.Exact(x.split(stackalloc long[] { 1, 2 }, 1)[1], Nd.Of([2, 2], i => A[i[0], i[1] + 1]));
        Expect.Exact(nn.functional.pad(x, stackalloc long[] { 1, 0 }), Nd.Of([2, 4], i => i[1] == 0 ? 0 : A[i[0], i[1] - 1]));
    }
}
