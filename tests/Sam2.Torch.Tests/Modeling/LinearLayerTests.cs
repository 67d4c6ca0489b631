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
            Assert.That(OneDnn.IsUsable(many.to(bfloat16), weight.to(bfloat16)), Is.False);
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
