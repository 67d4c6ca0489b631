using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Linear layers, by oneDNN and without, against TorchSharp's.</summary>
[NonParallelizable]
public class LinearLayerTests
{
    [TearDown]
    public void TearDown() => OneDnn.Enabled = true;

    [Test]
    public void Starts_with_the_weights_of_TorchSharps_layer()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var own = new LinearLayer(12, 7);
        manual_seed(5);
        using var other = nn.Linear(12, 7);
        Assert.That(own.state_dict().Keys, Is.EqualTo(other.state_dict().Keys));
        Assert.That(own.Weight.Equals(other.weight!) && own.Bias.Equals(other.bias!));
    }

    [Test]
    public void Gives_the_same_with_oneDNN_and_without([Values(1, 600)] int rows, [Values(3, 96, 100)] int inputs, [Values(1, 288)] int outputs)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var layer = new LinearLayer(inputs, outputs);
        var x = randn(2, rows, inputs).transpose(0, 1); // neither flat nor contiguous
        var fast = layer.call(x);
        OneDnn.Enabled = false;
        var plain = layer.call(x);
        Assert.That(fast.shape, Is.EqualTo(new long[] { rows, 2, outputs }));
        Assert.That((fast - plain).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    [Test]
    public void In_bfloat16_oneDNN_gives_the_same_where_libtorch_does_not_use_it_by_itself([Values(96, 100)] int inputs, [Values(40, 288)] int outputs)
    {
        var wasNeeded = OneDnnConvolution.IsNeeded;
        try
        {
            OneDnnConvolution.IsNeeded = true;
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            using var layer = new LinearLayer(inputs, outputs);
            layer.to(bfloat16);
            var x = randn(2, 600, inputs).to(bfloat16);
            if (!OneDnn.IsUsable(x, layer.Weight)) Assert.Ignore("This libtorch has no oneDNN.");
            var expected = nn.functional.linear(x.to(float64), layer.Weight.to(float64), layer.Bias.to(float64));
            Assert.That((layer.call(x).to(float64) - expected).abs().max().item<double>(), Is.LessThan(0.01));
        }
        finally
        {
            OneDnnConvolution.IsNeeded = wasNeeded;
        }
    }

    [Test]
    public void Wide_weights_give_the_same_in_memory_that_holds_something_else([Values(768, 1000, 3072)] int inputs, [Values(64, 80, 256, 384, 1000)] int outputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (x, weight, bias) = (randint(-2, 3, [2, 300, inputs]).to(float32), randint(-2, 3, [outputs, inputs]).to(float32), randn(outputs));
        if (!OneDnn.IsUsable(x, weight)) Assert.Ignore("This libtorch has no oneDNN.");
        foreach (var spoiled in Enumerable.Range(0, 8).Select(_ => full([(outputs + 63) / 64 * 64 * inputs], Scalars.Of(double.NaN))).ToList()) spoiled.Dispose();
        var expected = x.to(float64).matmul(weight.to(float64).t()) + bias;
        Assert.That((OneDnn.Linear(x, weight, bias) - expected).abs().max().item<double>(), Is.LessThan(1e-3));
    }

    [Test]
    public void Rows_with_gaps_between_them_give_the_same()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var (x, weight) = (randn(700, 3, 96)[TensorIndex.Colon, 1], randn(64, 200).narrow(1, 50, 96));
        var fast = OneDnn.IsUsable(x, weight) ? OneDnn.Linear(x, weight, bias: null) : x.mm(weight.t());
        Assert.That((fast - x.mm(weight.t())).abs().max().item<float>(), Is.LessThan(1e-4));
    }

    [Test]
    public void An_activation_that_follows_gives_the_same_in_one_pass([Values] Activation activation, [Values(5, 600)] int rows, [Values] bool isWatched)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var layer = new LinearLayer(96, 40);
        var x = randn(2, rows, 96);
        var expected = activation.Apply(layer.call(x));
        var calls = 0;
        var hook = isWatched ? layer.register_forward_hook((_, _, y) => { calls++; return y; }) : null;
        var found = activation.After(layer, x);
        hook?.remove();
        Assert.That((found - expected).abs().max().item<float>(), Is.LessThan(1e-5));
        Assert.That(calls, Is.EqualTo(isWatched ? 1 : 0));
    }

    [Test]
    public void GELU_of_a_map_does_not_depend_on_the_order_of_its_channels_in_memory()
    {
        using var scope = NewDisposeScope();
        using var gelu = new Gelu();
        var channelsLast = randn(2, 7, 5, 3).permute(0, 3, 1, 2);
        var found = gelu.call(channelsLast);
        // libtorch's own code, where oneDNN isn't used, rounds the last elements of a row otherwise.
        Assert.That((found - gelu.call(channelsLast.contiguous())).abs().max().item<float>(), Is.LessThan(1e-6));
        Assert.That(found.stride(1), Is.EqualTo(1), "the order stays");
        Assert.That((gelu.call(channelsLast.flatten(2)) - nn.functional.gelu(channelsLast).flatten(2)).abs().max().item<float>(), Is.LessThan(1e-6));
    }

    [Test]
    public void A_change_of_the_weights_shows_at_once()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var layer = new LinearLayer(8, 4);
        var x = randn(1000, 8);
        var before = layer.call(x);
        layer.Weight.mul_(2);
        Assert.That((layer.call(x) - layer.Bias).allclose((before - layer.Bias) * 2, atol: 1e-6));
    }

    [Test]
    public void OneDNN_is_used_for_many_rows_without_gradients_alone()
    {
        using var scope = NewDisposeScope();
        var (weight, many, few) = (randn(16, 8), randn(4, 300, 8), randn(7, 8));
        Assert.That(OneDnn.IsUsable(many, weight), Is.False, "gradients are on");
        using var noGrad = no_grad();
        Assert.Multiple(() =>
        {
            Assert.That(OneDnn.IsUsable(few, weight), Is.False);
            Assert.That(OneDnn.IsUsable(many.to(float16), weight.to(float16)), Is.False);
            Assert.That(OneDnn.IsUsable(many.to(bfloat16), weight.to(bfloat16)), Is.EqualTo(OneDnnConvolution.IsNeeded), "libtorch does it by itself elsewhere");
            Assert.That(
                OneDnn.IsUsable(many, weight),
                Is.EqualTo(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64));
        });
    }

    [Test]
    public void Leaves_no_tensors_behind()
    {
        using var noGrad = no_grad();
        using var layer = new LinearLayer(8, 4);
        using var x = randn(1000, 8);
        layer.call(x).Dispose();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++) layer.call(x).Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }
}
