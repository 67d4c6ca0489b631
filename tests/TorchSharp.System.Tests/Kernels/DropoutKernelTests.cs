using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Kernels;

/// <summary>Dropout without a mask in memory (native/kernels/dropout.cpp).</summary>
public sealed class DropoutKernelTests : TensorTest
{
    [TestCase(3L)]
    [TestCase(4096L)]
    [TestCase(100_001L)]
    public void The_gradient_is_dropped_where_the_result_is(long count)
    {
        var x = randn([count]).abs().add(1).requires_grad_();
        var y = F.dropout(x, 0.4);
        y.sum().backward();
        var kept = y.detach().ne(0).to(float32);
        Expect.Close(y.detach(), Nd.From(x.detach() * kept / 0.6f), 1e-6, 1e-6);
        Expect.Close(x.grad!, Nd.From(kept / 0.6f), 1e-6, 1e-6);
    }

    [Test]
    public void The_seed_decides_which_elements_are_kept()
    {
        var x = ones(1000);
        manual_seed(5);
        var (first, second) = (F.dropout(x, 0.5), F.dropout(x, 0.5));
        manual_seed(5);
        Expect.Exact(F.dropout(x, 0.5), Nd.From(first));
        Assert.That(first.eq(second).to(float32).mean().ToDouble(), Is.EqualTo(0.5).Within(0.06), "the next call draws anew");
    }

    [TestCase(0.01)]
    [TestCase(0.5)]
    [TestCase(0.99)]
    public void Elements_are_dropped_independently_with_the_given_probability(double p)
    {
        manual_seed(6);
        var kept = F.dropout(ones(1000, 1024), p).ne(0).to(float64);
        Assert.That(kept.mean().ToDouble(), Is.EqualTo(1 - p).Within(5 * Math.Sqrt(p * (1 - p) / 1_024_000)));
        var expected = Math.Sqrt(p * (1 - p) / 1024);
        Assert.That(kept.mean([1]).std().ToDouble(), Is.EqualTo(expected).Within(15).Percent, "rows");
        var neighbours = (kept.narrow(1, 0, 1023) * kept.narrow(1, 1, 1023)).mean().ToDouble();
        Assert.That(neighbours, Is.EqualTo((1 - p) * (1 - p)).Within(0.003), "neighbours");
    }

    [Test]
    public void A_transposed_tensor_keeps_its_shape_and_gradient()
    {
        var x = randn([30, 50]).requires_grad_();
        var y = F.dropout(x.transpose(0, 1), 0.5);
        Assert.That(y.shape, Is.EqualTo(new long[] { 50, 30 }));
        y.sum().backward();
        Expect.Close(x.grad!, Nd.From(y.detach().ne(0).to(float32).transpose(0, 1) * 2), 1e-6, 1e-6);
    }
}
