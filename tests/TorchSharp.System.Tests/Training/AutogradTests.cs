using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Training;

public sealed class AutogradTests : TensorTest
{
    [Test]
    public void Gradients_add_up_over_backward_passes()
    {
        var x = torch.ones(3, requires_grad: true);
        (x * 2).sum().backward();
        (x * 3).sum().backward();
        Expect.Exact(x.grad!, Nd.Full(5, 3));
        x.grad = null!;
        (x * 4).sum().backward();
        Expect.Exact(x.grad!, Nd.Full(4, 3));
    }

    [Test]
    public void A_tensor_used_twice_gets_both_gradients()
    {
        var x = torch.tensor(new[] { 2f, 3 }, requires_grad: true);
        (x * x + x).sum().backward();
        Expect.Exact(x.grad!, Nd.Vector(5, 7));
    }

    [Test]
    public void A_gradient_can_be_given_for_each_output_element()
    {
        var x = torch.ones(3, requires_grad: true);
        (x * 2).backward([torch.tensor(new[] { 1f, 10, 100 })]);
        Expect.Exact(x.grad!, Nd.Vector(2, 20, 200));
    }

    [Test]
    public void Backward_of_several_elements_without_a_gradient_is_an_error()
        => Assert.That(() => torch.ones(3, requires_grad: true).mul(2).backward(), Throws.Exception.With.Message.Contains("scalar"));

    [Test]
    public void A_graph_is_freed_unless_retained()
    {
        var x = torch.ones(3, requires_grad: true);
        var freed = (x * x).sum();
        freed.backward();
        Assert.That(() => freed.backward(), Throws.Exception.With.Message.Contains("second time"));
        var kept = (x * x).sum();
        kept.backward(retain_graph: true);
        Assert.That(() => kept.backward(), Throws.Nothing);
    }

    [Test]
    public void No_graph_is_recorded_without_grad()
    {
        var x = torch.ones(3, requires_grad: true);
        using (no_grad())
        {
            Assert.That(torch.is_grad_enabled(), Is.False);
            Assert.That((x * 2).requires_grad, Is.False);
            using (enable_grad())
                Assert.That((x * 2).requires_grad, Is.True);
        }
        Assert.That(torch.is_grad_enabled(), Is.True);
        Assert.That((x * 2).requires_grad, Is.True);
        using (set_grad_enabled(false))
            Assert.That((x * 2).requires_grad, Is.False);
    }

    [Test]
    public void Inference_mode_records_nothing_and_ends_with_its_scope()
    {
        var x = torch.ones(3, requires_grad: true);
        using (inference_mode())
        {
            Assert.That(torch.is_inference_mode_enabled(), Is.True);
            Assert.That((x * 2).requires_grad, Is.False);
        }
        Assert.That(torch.is_inference_mode_enabled(), Is.False);
        Assert.That((x * 2).requires_grad, Is.True);
    }

    [Test]
    public void Detaching_cuts_the_graph_but_shares_the_memory()
    {
        var x = torch.ones(3, requires_grad: true);
        var y = (x * 2).detach();
        Assert.That(y.requires_grad, Is.False);
        (y * x).sum().backward();
        Expect.Exact(x.grad!, Nd.Full(2, 3));
        x.detach().fill_(7);
        Expect.Exact(x, Nd.Full(7, 3));
    }

    [Test]
    public void Leaves_and_results_are_told_apart()
    {
        var x = torch.ones(3).requires_grad_();
        Assert.That(x.is_leaf, Is.True);
        var y = x * 2;
        Assert.That(y.is_leaf, Is.False);
        y.retain_grad();
        y.sum().backward();
        Expect.Exact(y.grad!, Nd.Full(1, 3));
        x.requires_grad = false;
        Assert.That((x * 2).requires_grad, Is.False);
    }

    [Test]
    public void Overwriting_a_leaf_in_place_is_an_error()
        => Assert.That(() => torch.ones(3, requires_grad: true).add_(1), Throws.Exception.With.Message.Contains("in-place"));

    [Test]
    public void Overwriting_what_backward_needs_is_an_error()
    {
        var x = torch.ones(3, requires_grad: true);
        var y = x * 2;
        var z = (y * y).sum();
        y.add_(1);
        Assert.That(() => z.backward(), Throws.Exception.With.Message.Contains("inplace operation"));
    }

    [Test]
    public void Gradients_can_be_asked_for_without_touching_the_leaves()
    {
        var x = torch.tensor(new[] { 2.0, 3 }, requires_grad: true);
        var y = torch.tensor(new[] { 5.0, 7 }, requires_grad: true);
        var gradients = autograd.grad([(x * x * y).sum()], [x, y]);
        Expect.Exact(gradients[0], Nd.Vector(20, 42));
        Expect.Exact(gradients[1], Nd.Vector(4, 9));
        Assert.That(x.grad, Is.Null);
    }

    [Test]
    public void A_second_derivative_needs_a_created_graph()
    {
        var x = torch.tensor(new[] { 2.0, 3 }, requires_grad: true);
        var first = autograd.grad([(x * x * x).sum()], [x], retain_graph: true, create_graph: true)[0];
        Expect.Exact(first, Nd.Vector(12, 27));
        Expect.Exact(autograd.grad([first.sum()], [x])[0], Nd.Vector(12, 18));
    }

    [Test]
    public void Backward_can_start_from_several_tensors_or_with_a_gradient()
    {
        var x = torch.ones(2, requires_grad: true);
        autograd.backward([(x * 2).sum(), (x * 3).sum()]);
        autograd.backward((x * 5).sum());
        autograd.backward(x * 7, torch.tensor(new[] { 1f, 10 }));
        Expect.Exact(x.grad!, Nd.Vector(2 + 3 + 5 + 7, 2 + 3 + 5 + 70));
        var y = torch.ones(2).with_requires_grad();
        var z = y * 2;
        z.detach_();
        Assert.That(z.requires_grad, Is.False);
    }

    [Test]
    public void Gradients_are_clipped_by_value()
    {
        using var p = nn.Parameter(torch.zeros(3));
        (p * torch.tensor(new[] { -5f, 0.25f, 2 })).sum().backward();
        nn.utils.clip_grad_value_([p], 1);
        Expect.Exact(p.grad!, Nd.Vector(-1, 0.25, 1));
        Assert.That(nn.utils.clip_grad_norm_([p], 100), Is.EqualTo(Math.Sqrt(2.0625)).Within(1e-5));
    }
}
