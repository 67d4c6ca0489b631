using NUnit.Framework;
using Sam2.Torch.Runtime;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Tests.Runtime;

/// <summary>The convolutions that are left to oneDNN where libtorch may not use it, in memory that holds something else.</summary>
[NonParallelizable]
public class OneDnnConvolutionTests
{
    private readonly bool _wasNeeded = OneDnnConvolution.IsNeeded;

    [OneTimeSetUp]
    public void Need()
    {
        TorchRuntime.EnsureLoaded();
        OneDnnConvolution.IsNeeded = true;
        using var some = empty(600, 16);
        using var weight = empty(16, 16);
        using var noGradient = no_grad();
        if (!OneDnn.IsUsable(some, weight)) Assert.Ignore("This libtorch has no oneDNN.");
    }

    [OneTimeTearDown]
    public void Restore() => OneDnnConvolution.IsNeeded = _wasNeeded;

    [Test]
    public void A_convolution_is_right_wherever_it_is_usable([Values(1, 3)] int kernel, [Values] bool depthwise, [Values] bool channelsLast, [Values] bool bfloat) =>
        Check([1, 3, 4, 8, 16, 24, 32, 48, 64, 96, 112, 160], kernel, stride: 1, depthwise, channelsLast, bfloat);

    [TestCase(7, 4)]
    [TestCase(3, 2)]
    [TestCase(2, 2)]
    [TestCase(16, 16)]
    public void A_convolution_with_a_stride_is_right(int kernel, int stride) => Check([1, 3, 4, 16, 64, 96], kernel, stride, depthwise: false, channelsLast: true, bfloat: false);

    [Test]
    public void The_models_convolutions_are_usable([Values("3 96 7 1", "64 256 3 1", "256 256 7 256", "16 64 3 1", "1 4 3 1")] string shape)
    {
        var numbers = shape.Split(' ').Select(long.Parse).ToArray();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var x = zeros(1, numbers[0], 160, 160);
        Assert.That(OneDnnConvolution.IsUsable(x, zeros(numbers[1], numbers[0] / numbers[3], numbers[2], numbers[2]), numbers[3]));
    }

    [Test]
    public void Gradients_and_channels_that_do_not_fill_their_block_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (zeros(1, 24, 64, 64), zeros(16, 24, 3, 3));
        using (no_grad()) Assert.That(OneDnnConvolution.IsUsable(x, weight, 1), Is.False);
        Assert.That(OneDnnConvolution.IsUsable(zeros(1, 16, 64, 64), zeros(16, 16, 3, 3), 1), Is.False);
    }

    [Test]
    public void A_transposed_convolution_is_right_wherever_it_is_usable([Values] bool channelsLast, [Values] bool bfloat)
    {
        var tried = 0;
        foreach (var (input, output) in Pairs([8, 16, 24, 32, 48, 64, 96, 112, 128, 256]))
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var type = bfloat ? bfloat16 : float32;
            var (x, weight, bias) = (Small(1, input, 34, 34), Small(input, output, 2, 2), Small(output));
            var expected = F.conv_transpose2d(x.to(float64), weight.to(float64), bias.to(float64), strides: [2, 2]);
            (x, weight, bias) = (Order(x, channelsLast).to(type), weight.to(type), bias.to(type));
            if (!OneDnnConvolution.IsUsableTransposed(x, weight)) continue;
            tried++;
            SpoilMemory(input, output, kernel: 2, pixels: 34 * 34 * 4);
            RequireEqual(OneDnnConvolution.ConvolveTransposed(x, weight, bias, stride: 2), expected, bfloat, $"{input} to {output}");
        }
        Assert.That(tried, Is.GreaterThan(20), "how many are usable");
    }

    private static void Check(long[] channels, int kernel, int stride, bool depthwise, bool channelsLast, bool bfloat)
    {
        var tried = 0;
        foreach (var (input, output) in Pairs(channels))
        {
            if (depthwise && input != output) continue;
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var (groups, padding, type) = (depthwise ? input : 1, kernel / 2, bfloat ? bfloat16 : float32);
            var side = input < 16 ? 130 : 34; // enough elements for one channel to be worth it
            var (x, weight, bias) = (Small(1, input, side, side), Small(output, input / groups, kernel, kernel), Small(output));
            (x, weight, bias) = (Order(x, channelsLast).to(type), weight.to(type), bias.to(type));
            if (!OneDnnConvolution.IsUsable(x, weight, groups)) continue;
            tried++;
            var expected = F.conv2d(x.to(float64), weight.to(float64), bias.to(float64), strides: [stride, stride], padding: [padding, padding], groups: groups);
            SpoilMemory(input, output, kernel, pixels: side * side / stride / stride);
            RequireEqual(OneDnnConvolution.Convolve(x, weight, bias, stride, padding, groups), expected, bfloat, $"{input} to {output}");
        }
        Assert.That(tried, kernel == 1 && !depthwise ? Is.Zero : Is.GreaterThan(depthwise ? 5 : 15));
    }

    private static IEnumerable<(long, long)> Pairs(long[] channels) => channels.SelectMany(input => channels.Select(output => (input, output)));

    /// <summary>Whole numbers, whose products and small sums are exact in both types.</summary>
    private static Tensor Small(params long[] shape) => randint(-2, 3, shape).to(float32);

    private static Tensor Order(Tensor x, bool channelsLast) => channelsLast ? x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : x;

    /// <summary>Leaves NaN in freed blocks of the sizes that inputs, weights and results take with their blocks filled.</summary>
    private static void SpoilMemory(long input, long output, long kernel, long pixels)
    {
        static long Fill(long channels, long block) => (channels + block - 1) / block * block;
        long[] sizes = [.. new long[] { 16, 64 }.SelectMany(block => new[]
        {
            Fill(input, block) * Fill(output, block) * kernel * kernel, Fill(output, block) * kernel * kernel, Fill(output, block), Fill(output, block) * pixels, Fill(input, block) * pixels,
        })];
        foreach (var spoiled in sizes.SelectMany(size => Enumerable.Range(0, 4).Select(_ => full([size], Scalars.Of(double.NaN)))).ToList()) spoiled.Dispose();
    }

    private static void RequireEqual(Tensor result, Tensor expected, bool bfloat, string what)
    {
        Assert.That(result.shape, Is.EqualTo(expected.shape), what);
        var difference = (result.to(float64) - expected).abs().max().item<double>();
        Assert.That(difference, Is.LessThanOrEqualTo(expected.abs().max().item<double>() * (bfloat ? 4e-3 : 1e-6)), what);
    }
}
