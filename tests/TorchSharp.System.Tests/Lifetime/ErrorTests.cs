using System.Runtime.InteropServices;
using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Lifetime;

/// <summary>Errors of libtorch arrive as exceptions with its message; nothing else breaks.</summary>
public class ErrorTests
{
    [Test]
    public void The_message_is_libtorchs()
    {
        using DisposeScope scope = NewDisposeScope();
        Exception error = Assert.Throws<ExternalException>(() => ones(3).add(ones(4)))!;
        Assert.That(error.Message, Does.StartWith("The size of tensor a (3) must match the size of tensor b (4)"));
    }

    [Test]
    public void A_failure_leaves_the_next_call_unharmed()
    {
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < 100; i++)
        {
            // Not matmul: TorchSharp 0.107 lets libtorch's exception end the process there.
            Assert.Throws<ExternalException>(() => ones(2, 3).mm(ones(2, 3)));
            Assert.That(ones(2, 3).mm(ones(3, 2)).sum().item<float>(), Is.EqualTo(12));
        }
    }

    private static readonly Dictionary<string, Action<Tensor>> Wrong = new()
    {
        ["a view"] = x => x.reshape(4),
        ["an index"] = x => _ = x[5],
        ["a list of tensors"] = x => cat([x, ones(2)]),
        ["an equation"] = x => einsum("ij,jk", x, x),
        ["a layer"] = x => nn.functional.conv2d(x, x),
        ["backward"] = x => x.sum().backward(),
        ["grad"] = x => autograd.grad([x.sum()], [x]),
    };

    [TestCaseSource(nameof(Kinds))]
    public void Errors_come_from_every_kind_of_entry(string kind)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Throws<ExternalException>(() => Wrong[kind](ones(2, 3)));
    }

    // TorchSharp 0.107 ends the process where grad fails.
    private static IEnumerable<string> Kinds() => Wrong.Keys.Where(kind => kind != "grad" || !TorchSharpDefects.IsTorchSharp);

    [Test]
    public void Integers_have_no_gradient()
    {
        if (TorchSharpDefects.IsTorchSharp) Assert.Ignore("TorchSharp 0.107 ends the process here.");
        using Tensor integers = ones(2, int64);
        Assert.Throws<ExternalException>(() => integers.requires_grad_());
    }

    [Test]
    public void Errors_stay_on_their_thread()
    {
        string? message = null;
        var thread = new Thread(() =>
        {
            try { ones(3).add(ones(5)); }
            catch (ExternalException error) { message = error.Message; }
        });
        thread.Start();
        Assert.Throws<ExternalException>(() => ones(2).add(ones(7)));
        thread.Join();
        Assert.That(message, Does.Contain("(3)").And.Contain("(5)"));
    }

    [Test]
    public void Reading_elements_of_another_type_or_count_is_refused()
    {
        using Tensor x = ones(2);
        Assert.Throws<ArgumentException>(() => x.data<double>());
        Assert.Throws<ArgumentException>(() => x.item<float>());
        Assert.Throws<ArgumentException>(() => tensor(new[] { 1f, 2, 3 }, [2, 2]));
    }

    [Test]
    public void A_device_that_is_not_there_is_refused_by_name()
    {
        if (cuda.is_available()) Assert.Ignore("This machine has CUDA.");
        using Tensor x = ones(2);
        Exception error = Assert.Catch(() => x.to("cuda:0"))!;
        Assert.That(error.Message, Does.Contain("CUDA"));
        Assert.Throws(Is.InstanceOf<Exception>(), () => _ = new Device("tpu:0"));
    }
}
