using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Training;

public sealed class ThreadTests : TensorTest
{
    [Test]
    public void The_number_of_threads_can_be_set_and_does_not_change_results()
    {
        var before = torch.get_num_threads();
        try
        {
            var (a, b) = (Nd.Uniform(1, -1, 1, 200, 100), Nd.Uniform(2, -1, 1, 100, 150));
            var expected = Reference.MatMul(a, b);
            foreach (var threads in new[] { 1, 2 })
            {
                torch.set_num_threads(threads);
                Assert.That(torch.get_num_threads(), Is.EqualTo(threads));
                Expect.Close(a.ToTensor(ScalarType.Float32).matmul(b.ToTensor(ScalarType.Float32)), expected);
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [Test]
    public void Threads_compute_independently()
    {
        var results = new double[8];
        var threads = Enumerable.Range(0, 8).Select(k => new Thread(() =>
        {
            using var scope = NewDisposeScope();
            for (var i = 0; i < 50; i++)
            {
                using var inner = NewDisposeScope();
                var x = torch.full([20, 20], k, ScalarType.Float64, requires_grad: true);
                (x.matmul(x) / 20).sum().backward();
                results[k] += x.grad!.mean().ToDouble();
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        // The derivative of sum(x·x) / 20 with respect to one element of a constant k is 2 · 20 · k / 20.
        Assert.That(results, Is.EqualTo(Enumerable.Range(0, 8).Select(k => 50 * 2.0 * k)).Within(1e-9));
    }

    [Test]
    public void Grad_mode_belongs_to_the_thread()
    {
        using var off = no_grad();
        var enabled = false;
        var thread = new Thread(() => enabled = torch.is_grad_enabled());
        thread.Start();
        thread.Join();
        Assert.That(enabled, Is.True);
        Assert.That(torch.is_grad_enabled(), Is.False);
    }

    [Test]
    public void Dispose_scopes_belong_to_the_thread()
    {
        Tensor? made = null;
        var thread = new Thread(() => made = torch.ones(2));
        thread.Start();
        thread.Join();
        CloseScope();
        OpenScope();
        Expect.Exact(made!, Nd.Full(1, 2), "a tensor of another thread outlives this thread's scope");
        made!.Dispose();
    }
}
