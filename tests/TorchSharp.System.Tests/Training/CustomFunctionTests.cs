using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Training;

public sealed class CustomFunctionTests : TensorTest
{
    [Test]
    public void A_function_of_ones_own_runs_in_both_directions()
    {
        var x = torch.tensor(new[] { 1.0, -2, 3 }, requires_grad: true);
        var y = Cube.apply(x, 2.0);
        Expect.Exact(y, Nd.Vector(2, -16, 54));
        (y * torch.tensor(new[] { 1.0, 10, 100 })).sum().backward();
        Expect.Exact(x.grad!, Nd.Vector(6, 240, 5400));
        GradCheck.VerifyOne(t => Cube.apply(t, 2.0), Nd.Uniform(1, -1, 1, 4));
    }

    [Test]
    public void A_function_of_ones_own_may_have_several_inputs_and_outputs()
    {
        var (a, b) = (torch.tensor(new[] { 2.0 }, requires_grad: true), torch.tensor(new[] { 5.0 }, requires_grad: true));
        var results = SumAndProduct.apply(a, b);
        (results[0] + 10 * results[1]).sum().backward();
        Expect.Exact(a.grad!, Nd.Vector(1 + 10 * 5));
        Expect.Exact(b.grad!, Nd.Vector(1 + 10 * 2));
    }

    [Test]
    public void Recomputing_in_a_function_of_ones_own_gives_the_same_gradient()
    {
        var x = torch.ones(3, requires_grad: true);
        Recompute.apply(x).sum().backward();
        var expected = torch.ones(3, requires_grad: true);
        (expected.exp() * 2).sum().backward();
        Expect.Close(x.grad!, Nd.From(expected.grad!));
    }

    private sealed class Cube : autograd.SingleTensorFunction<Cube>
    {
        public override string Name => nameof(Cube);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var x = (Tensor)vars[0];
            ctx.save_for_backward([x]);
            ctx.save_data("factor", vars[1]);
            return x * x * x * (double)vars[1];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var x = ctx.get_saved_variables()[0];
            return [grad_output * x * x * 3 * (double)ctx.get_data("factor"), null!];
        }
    }

    private sealed class SumAndProduct : autograd.MultiTensorFunction<SumAndProduct>
    {
        public override string Name => nameof(SumAndProduct);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (a, b) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([a, b]);
            return [a + b, a * b];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            var saved = ctx.get_saved_variables();
            return [grad_outputs[0] + grad_outputs[1] * saved[1], grad_outputs[0] + grad_outputs[1] * saved[0]];
        }
    }

    private sealed class Recompute : autograd.SingleTensorFunction<Recompute>
    {
        public override string Name => nameof(Recompute);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_for_backward([(Tensor)vars[0]]);
            return ((Tensor)vars[0]).exp() * 2;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var on = enable_grad();
            var x = ctx.get_saved_variables()[0].detach().requires_grad_();
            return [.. autograd.grad([x.exp() * 2], [x], [grad_output])];
        }
    }
}
