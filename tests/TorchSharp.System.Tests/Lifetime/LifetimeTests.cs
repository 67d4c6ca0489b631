using System.Runtime.CompilerServices;
using NUnit.Framework;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Lifetime;

/// <summary>Native memory is freed: by disposal, by scopes, by the garbage collector.</summary>
public class LifetimeTests
{
    [Test]
    public void A_disposed_tensor_can_not_be_used()
    {
        Tensor x = ones(2), y = ones(2);
        x.Dispose();
        x.Dispose();
        Assert.That(x.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => x.add(1));
        Assert.Throws<InvalidOperationException>(() => y.add(x));
        Assert.Throws<InvalidOperationException>(() => cat([y, x]));
        Assert.Throws<InvalidOperationException>(() => _ = x.shape);
        Assert.Throws<InvalidOperationException>(() => _ = x.Handle);
        Assert.Throws<InvalidOperationException>(() => x.requires_grad_());
        y.Dispose();
    }

    [Test]
    public void A_native_handle_can_be_given_away_and_taken_over()
    {
        Tensor x = tensor(new[] { 1f, 2 });
        nint handle = x.DecoupleFromNativeHandle();
        Assert.That(x.IsInvalid);
        using Tensor y = Tensor.UnsafeCreateTensor(handle);
        Assert.That(y.data<float>().ToArray(), Is.EqualTo(new[] { 1f, 2 }));
    }

    [Test]
    public void Finalized_tensors_are_freed()
    {
        Collect();
        long before = Tensor.TotalCount;
        Forget(1000);
        Assert.That(Tensor.TotalCount, Is.GreaterThanOrEqualTo(before + 900));
        Collect();
        Assert.That(Tensor.TotalCount, Is.LessThanOrEqualTo(before));
        Assert.That(Tensor.PeakCount, Is.GreaterThanOrEqualTo(before + 900));
    }

    [Test]
    public void The_memory_of_finalized_tensors_is_free_again()
    {
        Forget(1, elements: 4 << 20);
        Collect();
        long memory = Environment.WorkingSet;
        // 1 GB in all, 16 MB at a time.
        for (int i = 0; i < 64; i++)
        {
            Forget(1, elements: 4 << 20);
            Collect();
        }
        Assert.That(Environment.WorkingSet - memory, Is.LessThan(256 << 20), "bytes more than before");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(int count, int elements = 10)
    {
        for (int i = 0; i < count; i++) _ = ones(elements);
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [Test]
    public void A_million_small_operations_leak_nothing()
    {
        using Tensor x = ones(8), y = ones(8);
        Repeat(10_000);
        Collect();
        long tensors = Tensor.TotalCount, memory = Environment.WorkingSet;
        Repeat(250_000);
        Collect();
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
        Assert.That(Environment.WorkingSet - memory, Is.LessThan(64 << 20), "bytes more than before");

        // Four operations each, with tensors, numbers, lists and views as arguments.
        void Repeat(int times)
        {
            using IDisposable mode = no_grad();
            for (int i = 0; i < times; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                _ = ((x + y) * 0.5).reshape(2, 4)[1].sum();
            }
        }
    }

    [Test]
    public void Gradients_leak_nothing()
    {
        using Tensor x = ones(8, requires_grad: true);
        Repeat(100);
        Collect();
        long tensors = Tensor.TotalCount, memory = Environment.WorkingSet;
        Repeat(5_000);
        Collect();
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
        Assert.That(Environment.WorkingSet - memory, Is.LessThan(64 << 20), "bytes more than before");

        void Repeat(int times)
        {
            for (int i = 0; i < times; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                x.exp().sum().backward();
                x.grad = null;
            }
        }
    }

    [Test]
    public void A_disposed_module_frees_its_parameters()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.LayerNorm(4)))
        using (NewDisposeScope())
            _ = model.call(ones(2, 4));
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void A_buffer_of_managed_memory_is_kept_until_the_tensor_is_gone()
    {
        Tensor x = Shared();
        Collect();
        Assert.That(x.sum().item<float>(), Is.EqualTo(1000));
        x.Dispose();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Tensor Shared() => frombuffer(Enumerable.Repeat(1f, 1000).ToArray(), float32);
    }
}
