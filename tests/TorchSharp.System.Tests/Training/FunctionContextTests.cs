using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Training;

/// <summary>What functions with gradients of their own may say about their tensors.</summary>
public sealed class FunctionContextTests : TensorTest
{
    [Test]
    public void Gradients_that_are_not_there_come_as_zeros()
    {
        Tensor x = ones(2, requires_grad: true);
        List<Tensor> results = TwiceAndThrice.apply_internal(x);
        results[0].sum().backward();
        Expect.Exact(x.grad!, Nd.Vector(2, 2));
        Assert.That(TwiceAndThrice.Materialized, Is.True);
    }

    [Test]
    public void A_result_may_have_no_gradient()
    {
        Tensor x = tensor(new[] { 3f, 1, 2 }, requires_grad: true);
        List<Tensor> results = Ordered.apply(x);
        Assert.That((results[0].requires_grad, results[1].requires_grad), Is.EqualTo((true, false)));
        (results[0] * tensor(new[] { 1f, 10, 100 })).sum().backward();
        Expect.Exact(x.grad!, Nd.Vector(100, 1, 10));
    }

    [Test]
    public void Without_gradients_nothing_is_kept()
    {
        Tensor x = ones(2);
        Assert.That(Ordered.apply(x)[0].requires_grad, Is.False);
        using (no_grad()) Assert.That(Ordered.apply(ones(2, requires_grad: true))[0].requires_grad, Is.False);
    }

    [Test]
    public void Second_results_and_history_free_what_they_kept()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
            for (var i = 0; i < 20; i++)
                Ordered.apply(ones(4, requires_grad: true))[0].sum().backward();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void An_input_may_be_changed_in_place()
    {
        Tensor x = ones(2, requires_grad: true), y = x * 3;
        Tensor z = Doubled.apply(y);
        z.sum().backward();
        Expect.Exact(y, Nd.Vector(6, 6));
        Expect.Exact(x.grad!, Nd.Vector(6, 6));
    }

    private sealed class Doubled : autograd.SingleTensorFunction<Doubled>
    {
        public override string Name => nameof(Doubled);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var x = (Tensor)vars[0];
            ctx.mark_dirty([x]);
            return x.mul_(2);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output * 2];
    }

    private sealed class TwiceAndThrice : autograd.MultiTensorFunction<TwiceAndThrice>
    {
        public static bool? Materialized;

        public override string Name => nameof(TwiceAndThrice);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.set_materialize_grads(true);
            return [(Tensor)vars[0] * 2, (Tensor)vars[0] * 3];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            Materialized = ctx.MaterializeGrads;
            return [grad_outputs[0] * 2 + grad_outputs[1] * 3];
        }
    }

    private sealed class Ordered : autograd.MultiTensorFunction<Ordered>
    {
        public override string Name => nameof(Ordered);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (values, indices) = ((Tensor)vars[0]).sort();
            ctx.mark_non_differentiable([indices]);
            ctx.save_for_backward([indices]);
            return [values, indices];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            Tensor indices = ctx.get_saved_variables()[0];
            return [zeros_like(grad_outputs[0]).scatter(0, indices, grad_outputs[0])];
        }
    }
}
