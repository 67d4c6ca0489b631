using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Convolutions against TorchSharp's, however they are computed, and the skip connections of the mask decoder that are computed within the neck.</summary>
[TestFixture(true)]
[TestFixture(false)]
[NonParallelizable]
public class ConvolutionLayerTests(bool isOneDnnBypassed)
{
    private readonly bool _wasNeeded = OneDnnConvolution.IsNeeded;

    [OneTimeSetUp]
    public void Choose()
    {
        TorchRuntime.EnsureLoaded();
        OneDnnConvolution.IsNeeded = isOneDnnBypassed;
    }

    [OneTimeTearDown]
    public void Restore() => OneDnnConvolution.IsNeeded = _wasNeeded;

    [TestCase(3, 32, 7, 4, 3, 1)]
    [TestCase(32, 48, 1, 1, 0, 1)]
    [TestCase(24, 40, 1, 1, 0, 1)]
    [TestCase(24, 40, 1, 2, 0, 1)]
    [TestCase(32, 64, 3, 2, 1, 1)]
    [TestCase(24, 24, 3, 1, 1, 1)]
    [TestCase(48, 48, 7, 1, 3, 48)]
    [TestCase(48, 48, 1, 1, 0, 48)]
    [TestCase(32, 64, 3, 1, 1, 4)]
    [TestCase(1, 1, 4, 4, 0, 1)]
    public void A_convolution_begins_with_TorchSharps_weights_and_gives_its_results(int input, int output, int kernel, int stride, int padding, int groups)
    {
        foreach (var hasBias in new[] { true, false })
        {
            using var scope = NewDisposeScope();
            manual_seed(3);
            using var own = new Conv2dLayer(input, output, kernel, stride, padding, groups, hasBias);
            manual_seed(3);
            using var other = nn.Conv2d(input, output, kernel, stride, padding, groups: groups, bias: hasBias);
            Assert.That(own.state_dict().Keys, Is.EqualTo(other.state_dict().Keys));
            Assert.That(own.Weight.Equals(other.weight) && (own.Bias?.Equals(other.bias!) ?? other.bias is null));
            foreach (var channelsLast in new[] { false, true })
            {
                var x = randn(2, input, 64, 64);
                if (channelsLast) x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
                // In double precision, which oneDNN doesn't compute.
                var expected = nn.functional.conv2d(
                    x.to(float64), own.Weight.to(float64), own.Bias?.to(float64), strides: [stride, stride], padding: [padding, padding], groups: groups);
                foreach (var gradients in new[] { false, true })
                {
                    using var mode = set_grad_enabled(gradients);
                    var difference = (own.call(x).to(float64) - expected).abs().max().item<double>();
                    Assert.That(difference, Is.LessThan(1e-5), $"channels last: {channelsLast}, gradients: {gradients}");
                }
            }
        }
    }

    [TestCase(256, 64)]
    [TestCase(24, 6)]
    public void A_transposed_convolution_begins_with_TorchSharps_weights_and_gives_its_results(int input, int output)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var own = new ConvTranspose2dLayer(input, output, kernelSize: 2, stride: 2);
        manual_seed(3);
        using var other = nn.ConvTranspose2d(input, output, kernel_size: 2, stride: 2);
        Assert.That(own.state_dict().Keys, Is.EqualTo(other.state_dict().Keys));
        Assert.That(own.Weight.Equals(other.weight) && own.Bias.Equals(other.bias!));
        using var noGradient = no_grad();
        var x = randn(2, 32, 32, input).permute(0, 3, 1, 2);
        var expected = nn.functional.conv_transpose2d(x.to(float64), own.Weight.to(float64), own.Bias.to(float64), strides: [2, 2]);
        Assert.That((own.call(x).to(float64) - expected).abs().max().item<double>(), Is.LessThan(1e-5));
    }

    [Test]
    public void Groups_that_do_not_divide_the_channels_are_refused() =>
        Assert.That(() => new Conv2dLayer(6, 8, 3, groups: 4), Throws.ArgumentException.With.Message.Contains("from 6 to 8 channels can't have 4 groups"));

    [Test]
    public void Few_channels_are_normalised_as_many_are()
    {
        using var scope = NewDisposeScope();
        using var norm = new LayerNorm2d(4);
        nn.init.uniform_(norm.get_parameter("weight"), 0.5, 2);
        nn.init.uniform_(norm.get_parameter("bias"), -1, 1);
        var x = randn(2, 4, 30, 20) * 3;
        var expected = norm.call(x); // with gradients, by libtorch
        using var noGradient = no_grad();
        Assert.That((norm.call(x) - expected).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    [Test]
    public void Skip_connections_computed_within_the_neck_are_those_of_the_mask_decoder([Values("neck", "conv_s0", "image_encoder", "convs.3")] string watched)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 128 });
        model.eval();
        var (encoder, skips) = ((ImageEncoder)model.ImageEncoder, ((MaskDecoder)model.MaskDecoder).SkipProjections!);
        var images = randn(2, 3, 128, 128);
        Assert.That(encoder.CanProject(skips));
        var folded = model.EncodeImage(images);
        var calls = 0;
        var module = model.named_modules().First(entry => entry.name.EndsWith(watched, StringComparison.Ordinal)).module;
        // Whoever watches a part of it gets the levels as they are.
        var end = Watch(module, () => calls++);
        Assert.That(encoder.CanProject(skips), Is.False);
        var plain = model.EncodeImage(images);
        end();
        model.train();
        Assert.That(encoder.CanProject(skips), Is.False);
        Assert.That(calls, Is.EqualTo(1));
        Assert.That(Difference(folded.Embedding, plain.Embedding), Is.Zero);
        Assert.That(Difference(folded.HighRes!.Stride4, plain.HighRes!.Stride4), Is.LessThan(1e-4));
        Assert.That(Difference(folded.HighRes!.Stride8, plain.HighRes!.Stride8), Is.LessThan(1e-4));

        static double Difference(Tensor left, Tensor right) => (left - right).abs().max().item<float>() / right.abs().max().item<float>();
    }

    /// <returns>Ends the watch.</returns>
    private static Action Watch(nn.Module module, Action called) => module switch
    {
        nn.Module<Tensor, Tensor> layer => layer.register_forward_hook((_, _, y) => { called(); return y; }).remove,
        nn.Module<Tensor, IReadOnlyList<Tensor>> encoder => encoder.register_forward_hook((_, _, y) => { called(); return y; }).remove,
        nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> neck => neck.register_forward_hook((_, _, y) => { called(); return y; }).remove,
        _ => throw new ArgumentException($"{module.GetName()} isn't called."),
    };
}
