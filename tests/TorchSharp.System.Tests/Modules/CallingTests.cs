using NUnit.Framework;
using TorchSharp.Modules;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Modules;

/// <summary>Hooks, modules of several inputs, containers and conversions.</summary>
public sealed class CallingTests : TensorTest
{
    [Test]
    public void Hooks_see_and_may_replace_inputs_and_results()
    {
        using var layer = Identity();
        var calls = new List<string>();
        var pre = layer.register_forward_pre_hook((_, x) => x + 1);
        var post = layer.register_forward_hook((_, _, y) => y * 10);
        var before = layer.register_forward_pre_hook(_ => calls.Add("before"));
        var after = layer.register_forward_hook(_ => calls.Add("after"));
        Expect.Exact(layer.call(torch.ones(2)), Nd.Full(20, 2));
        Assert.That(calls, Is.EqualTo(new[] { "before", "after" }));
        pre.remove();
        post.remove();
        before.remove();
        after.remove();
        Expect.Exact(layer.call(torch.ones(2)), Nd.Full(1, 2));
        Assert.That(calls, Has.Count.EqualTo(2));
    }

    [Test]
    public void Modules_take_up_to_six_inputs()
    {
        var x = torch.ones(1);
        using var two = new Two();
        using var three = new Three();
        using var four = new Four();
        using var five = new Five();
        using var six = new Six();
        Expect.Exact(two.call(x, x * 2), Nd.Vector(3));
        Expect.Exact(three.call(x, x * 2, x * 3), Nd.Vector(6));
        Expect.Exact(four.call(x, x, x, x), Nd.Vector(4));
        Expect.Exact(five.call(x, x, x, x, x), Nd.Vector(5));
        Expect.Exact(six.call(x, x, x, x, x, x), Nd.Vector(6));
    }

    [Test]
    public void Sequences_grow_and_are_made_from_lists()
    {
        var x = torch.tensor(new[] { -1f, 2 });
        using var empty = Sequential();
        empty.append(ReLU());
        empty.append("again", ReLU());
        Expect.Exact(empty.call(x), Nd.Vector(0, 2));
        Assert.That(empty.Count, Is.EqualTo(2));
        using var list = Sequential(new List<Module<Tensor, Tensor>> { ReLU(), Identity() });
        Expect.Exact(list.call(x), Nd.Vector(0, 2));
        using var named = Sequential(new List<(string, Module<Tensor, Tensor>)> { ("a", Linear(2, 2)), ("b", ReLU()) });
        Assert.That(named.named_parameters().Select(p => p.name), Is.EqualTo(new[] { "a.weight", "a.bias" }));
        Assert.That(list[0], Is.InstanceOf<ReLU>());
    }

    [Test]
    public void Lists_of_modules_behave_like_lists()
    {
        var (a, b, c) = (Linear(1, 1), Linear(1, 2), Linear(1, 3));
        using var list = new ModuleList<Linear>(a);
        list.extend([b]);
        list.Insert(0, c);
        Assert.Multiple(() =>
        {
            Assert.That(list.Count, Is.EqualTo(3));
            Assert.That(list.IndexOf(b), Is.EqualTo(2));
            Assert.That(list.Contains(c), Is.True);
            Assert.That(list.IsReadOnly, Is.False);
            Assert.That(list.ToArray(), Is.EqualTo(new[] { c, a, b }));
        });
        var copy = new Linear[3];
        list.CopyTo(copy, 0);
        Assert.That(copy, Is.EqualTo(new[] { c, a, b }));
        list[1] = b;
        Assert.That(list[1], Is.SameAs(b));
        list.RemoveAt(1);
        list.Remove(c);
        Assert.That(list, Is.EqualTo(new[] { b }));
        list.Clear();
        Assert.That(list.Count, Is.Zero);
        using var any = ModuleList(new Module[] { ReLU() });
        Assert.That(any.Count, Is.EqualTo(1));
        a.Dispose();
        c.Dispose();
        b.Dispose();
    }

    [Test]
    public void Modules_convert_by_name_device_and_example()
    {
        using var net = new Network();
        Check(net.half(), ScalarType.Float16);
        Check(net.bfloat16(), ScalarType.BFloat16);
        Check(net.@double(), ScalarType.Float64);
        Check(net.@float(), ScalarType.Float32);
        Check(net.to("cpu"), ScalarType.Float32);
        Check(net.to(torch.zeros([1], ScalarType.Float64)), ScalarType.Float64);

        static void Check(Network net, ScalarType type) => Assert.That(net.parameters().Select(p => p.dtype), Is.All.EqualTo(type));
    }

    private sealed class Two() : Module<Tensor, Tensor, Tensor>(nameof(Two))
    {
        public override Tensor forward(Tensor a, Tensor b) => a + b;
    }

    private sealed class Three() : Module<Tensor, Tensor, Tensor, Tensor>(nameof(Three))
    {
        public override Tensor forward(Tensor a, Tensor b, Tensor c) => a + b + c;
    }

    private sealed class Four() : Module<Tensor, Tensor, Tensor, Tensor, Tensor>(nameof(Four))
    {
        public override Tensor forward(Tensor a, Tensor b, Tensor c, Tensor d) => a + b + c + d;
    }

    private sealed class Five() : Module<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>(nameof(Five))
    {
        public override Tensor forward(Tensor a, Tensor b, Tensor c, Tensor d, Tensor e) => a + b + c + d + e;
    }

    private sealed class Six() : Module<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>(nameof(Six))
    {
        public override Tensor forward(Tensor a, Tensor b, Tensor c, Tensor d, Tensor e, Tensor f) => a + b + c + d + e + f;
    }
}
