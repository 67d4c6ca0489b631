using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Modules;

public sealed class StateDictTests : TensorTest
{
    private static readonly string[] Keys =
        ["scale", "first.weight", "first.bias", "blocks.0.weight", "blocks.0.bias", "blocks.2.weight", "mean"];

    [Test]
    public void Holds_parameters_and_persistent_buffers_only()
    {
        using var net = new Network();
        var state = net.state_dict();
        Assert.That(state.Keys, Is.EquivalentTo(Keys));
        Expect.Exact(state["first.weight"], Nd.From(net.first.weight!));
        Expect.Exact(state["mean"], Nd.Vector(1, 2, 3));
    }

    [Test]
    public void Loading_copies_values_into_the_module()
    {
        using var source = new Network();
        using var target = new Network();
        Assert.That(target.first.weight!.allclose(source.first.weight!), Is.False);
        var (missing, unexpected) = target.load_state_dict(source.state_dict());
        Assert.That(missing, Is.Empty);
        Assert.That(unexpected, Is.Empty);
        foreach (var (name, parameter) in source.named_parameters())
            Expect.Exact(target.get_parameter(name)!, Nd.From(parameter), name);
        using (no_grad())
            source.first.weight!.zero_();
        Assert.That(target.first.weight.abs().sum().ToDouble(), Is.Positive, "the copy is independent");
        Assert.That(target.first.weight.requires_grad, Is.True);
    }

    [Test]
    public void Strict_loading_rejects_missing_and_unexpected_keys()
    {
        using var net = new Network();
        var lacking = net.state_dict().Where(p => p.Key != "scale").ToDictionary();
        var excess = net.state_dict().Append(new("stray", torch.zeros(1))).ToDictionary();
        Assert.That(() => net.load_state_dict(lacking), Throws.Exception);
        Assert.That(() => net.load_state_dict(excess), Throws.Exception);
    }

    [Test]
    public void Lenient_loading_reports_them_instead()
    {
        using var net = new Network();
        var state = net.state_dict().Where(p => p.Key != "scale").Append(new("stray", torch.zeros(1))).ToDictionary();
        var (missing, unexpected) = net.load_state_dict(state, strict: false);
        Assert.That(missing, Is.EqualTo(new[] { "scale" }));
        Assert.That(unexpected, Is.EqualTo(new[] { "stray" }));
    }

    [Test]
    public void A_value_of_another_shape_is_rejected()
    {
        using var net = new Network();
        var state = net.state_dict();
        state["scale"] = torch.zeros(7);
        Assert.That(() => net.load_state_dict(state), Throws.Exception);
    }

    [Test]
    public void A_value_of_another_type_is_converted()
    {
        using var net = new Network();
        var state = net.state_dict();
        state["scale"] = torch.tensor(new double[] { 4, 5, 6 });
        net.load_state_dict(state);
        Expect.Exact(net.scale, Nd.Vector(4, 5, 6));
        Expect.Type(net.scale, ScalarType.Float32);
    }
}
