using NUnit.Framework;
using TorchSharp.Modules;
using TorchSharp.Tests.Harness;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Modules;

public sealed class RegistrationTests : TensorTest
{
    private static readonly string[] ParameterNames = ["scale", "first.weight", "first.bias", "blocks.0.weight", "blocks.0.bias", "blocks.2.weight"];

    [Test]
    public void Fields_are_registered_under_their_names()
    {
        using var net = new Network();
        Assert.Multiple(() =>
        {
            Assert.That(net.named_parameters().Select(p => p.name), Is.EquivalentTo(ParameterNames));
            Assert.That(net.parameters().Count(), Is.EqualTo(6));
            Assert.That(net.named_parameters(recurse: false).Select(p => p.name), Is.EqualTo(new[] { "scale" }));
            Assert.That(net.named_buffers().Select(b => b.name), Is.EqualTo(new[] { "mean" }), "TorchSharp never lists buffers that are not persistent");
            Assert.That(net.buffers().Count(), Is.EqualTo(1));
            Assert.That(net.has_buffer("cache"), Is.True);
            Assert.That(net.named_children().Select(c => c.name), Is.EquivalentTo(new[] { "first", "blocks" }));
            Assert.That(net.children().Count(), Is.EqualTo(2));
            Assert.That(net.named_modules().Select(m => m.name).Where(n => n != ""), Is.EquivalentTo(new[] { "first", "blocks", "blocks.0", "blocks.1", "blocks.2" }));
            Assert.That(net.modules(), Does.Contain(net.first));
            Assert.That(net.GetName(), Is.EqualTo("Network"));
            Assert.That(net.has_parameter("scale"), Is.True);
            Assert.That(net.has_parameter("nothing"), Is.False);
            Assert.That(net.has_buffer("mean"), Is.True);
            Assert.That(net.get_parameter("scale"), Is.SameAs(net.scale));
            Assert.That(net.get_parameter("first.weight"), Is.SameAs(net.first.weight));
        });
    }

    [Test]
    public void Named_children_of_a_sequence_nest()
    {
        using var net = new Network(withHead: true);
        Assert.That(net.named_parameters().Select(p => p.name), Is.EquivalentTo(ParameterNames.Concat(["head.norm.weight", "head.norm.bias", "head.out.weight", "head.out.bias"])));
        Assert.That(net.call(torch.ones(5, 3)).shape, Is.EqualTo(new long[] { 5, 1 }));
    }

    [Test]
    public void Components_can_be_registered_by_hand()
    {
        using var net = new ByHand();
        Assert.That(net.named_parameters().Select(p => p.name), Is.EquivalentTo(new[] { "weight", "inner.weight", "inner.bias", "added.weight" }));
        Assert.That(net.named_buffers().Select(p => p.name), Is.EquivalentTo(new[] { "count" }));
    }

    [Test]
    public void A_field_can_be_registered_under_another_name()
    {
        using var net = new Renamed();
        Assert.That(net.named_parameters().Select(p => p.name), Is.EqualTo(new[] { "proj.weight", "proj.bias" }));
        Assert.That(new ComponentNameAttribute { Name = "proj" }.Name, Is.EqualTo("proj"));
        Assert.That(typeof(Renamed).GetField("projection")!.ComponentName(), Is.EqualTo("proj"));
    }

    [Test]
    public void A_sequence_applies_its_modules_in_order()
    {
        using var net = Sequential(Linear(3, 4), ReLU(), Linear(4, 2));
        Assert.That(net.named_parameters().Select(p => p.name), Is.EqualTo(new[] { "0.weight", "0.bias", "2.weight", "2.bias" }));
        var x = Nd.Uniform(1, -1, 1, 5, 3);
        var p = net.parameters().Select(Nd.From).ToArray();
        var hidden = Nd.Zip(Reference.MatMul(x, p[0].Permute(1, 0)), p[1], (a, b) => Math.Max(a + b, 0));
        Expect.Close(net.call(x.ToTensor(ScalarType.Float32)), Nd.Zip(Reference.MatMul(hidden, p[2].Permute(1, 0)), p[3], (a, b) => a + b));
        Assert.That(net.Count, Is.EqualTo(3));
    }

    [Test]
    public void A_list_holds_modules_under_their_positions()
    {
        using var list = ModuleList(Linear(1, 2), Linear(2, 3));
        list.Add(Linear(3, 4));
        list.append(Linear(4, 5));
        Assert.Multiple(() =>
        {
            Assert.That(list, Has.Count.EqualTo(4));
            Assert.That(((Linear)list[2]).weight!.shape, Is.EqualTo(new long[] { 4, 3 }));
            Assert.That(list.Select(m => m.parameters().First().shape[0]), Is.EqualTo(new long[] { 2, 3, 4, 5 }));
        });
    }

    [Test]
    public void Training_mode_reaches_every_submodule()
    {
        using var net = new Network();
        Assert.That(net.training, Is.True);
        net.eval();
        Assert.That(net.modules().Append(net).Select(m => m.training), Is.All.False);
        net.train();
        Assert.That(net.modules().Append(net).Select(m => m.training), Is.All.True);
        net.train(false);
        Assert.That(net.first.training, Is.False);
    }

    [Test]
    public void Apply_visits_every_module()
    {
        using var net = new Network();
        var names = new List<string>();
        net.apply(m => names.Add(m.GetName()));
        Assert.That(names, Has.Count.EqualTo(6));
        Assert.That(names.Count(n => n == "Linear"), Is.EqualTo(3));
    }

    [Test]
    public void Converting_a_module_converts_parameters_and_buffers()
    {
        using var net = new Network();
        net.to(ScalarType.Float64);
        Assert.That(net.parameters().Select(p => p.dtype).Concat(net.buffers().Select(b => b.dtype)), Is.All.EqualTo(ScalarType.Float64));
        Assert.That(net.scale.dtype, Is.EqualTo(ScalarType.Float64), "the field sees the conversion");
        Expect.Type(net.call(torch.ones([1, 3], ScalarType.Float64)), ScalarType.Float64);
        net.to(torch.CPU);
        net.to(DeviceType.CPU);
        net.cpu();
        net.to(torch.CPU, ScalarType.Float32);
        Assert.That(net.parameters().Select(p => p.dtype), Is.All.EqualTo(ScalarType.Float32));
        Assert.That(net.parameters().All(p => p.requires_grad && p.is_leaf), Is.True);
    }

    [Test]
    public void Zero_grad_forgets_gradients()
    {
        using var net = new Network();
        net.call(torch.ones(2, 3)).sum().backward();
        Assert.That(net.first.weight!.grad, Is.Not.Null);
        net.zero_grad();
        Assert.That(net.first.weight.grad is null || net.first.weight.grad.abs().sum().ToDouble() == 0, Is.True);
    }

    private sealed class Renamed : Module<Tensor, Tensor>
    {
        [ComponentName(Name = "proj")]
        public readonly Linear projection = Linear(2, 2);

        public Renamed() : base(nameof(Renamed)) => RegisterComponents();

        public override Tensor forward(Tensor x) => projection.call(x);
    }

    private sealed class ByHand : Module<Tensor, Tensor>
    {
        public ByHand() : base(nameof(ByHand))
        {
            register_parameter("weight", Parameter(torch.zeros(2)));
            register_module("inner", Linear(2, 2));
            add_module("added", Linear(2, 2, hasBias: false));
            register_buffer("count", torch.zeros(1));
        }

        public override Tensor forward(Tensor x) => x.alias();
    }
}
