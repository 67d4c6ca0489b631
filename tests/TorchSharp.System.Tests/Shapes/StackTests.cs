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
        Expect.Exact(torch.cat(array, 0), rows);
        Expect.Exact(torch.cat((IList<Tensor>)array, 0), rows);
        Expect.Exact(torch.cat((ReadOnlySpan<Tensor>)array, 0), rows);
    }

    [Test]
    public void Dimensions_can_be_spans()
    {
        var x = A.ToTensor();
        Expect.Exact(x.roll(stackalloc long[] { 1 }, stackalloc long[] { 1 }), Nd.Of([2, 3], i => A[i[0], (i[1] + 2) % 3]));
        Expect.Exact(x.split(stackalloc long[] { 1, 2 }, 1)[1], Nd.Of([2, 2], i => A[i[0], i[1] + 1]));
        Expect.Exact(nn.functional.pad(x, stackalloc long[] { 1, 0 }), Nd.Of([2, 4], i => i[1] == 0 ? 0 : A[i[0], i[1] - 1]));
    }
}
