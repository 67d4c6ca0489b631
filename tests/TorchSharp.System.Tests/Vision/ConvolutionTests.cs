using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Vision;

public sealed class ConvolutionTests : TensorTest
{
    private static readonly ConvolutionCase[] Cases =
    [
        new("one by one", [2, 3, 5, 6], [4, 3, 1, 1]),
        new("three by three", [2, 3, 5, 6], [4, 3, 3, 3]) { Padding = [1, 1] },
        new("strided patches", [1, 3, 8, 12], [5, 3, 4, 4]) { Stride = [4, 4] },
        new("overlapping patches", [1, 3, 15, 17], [4, 3, 7, 7]) { Stride = [4, 4], Padding = [3, 3] },
        new("oblong", [1, 2, 6, 9], [3, 2, 3, 2]) { Stride = [2, 3], Padding = [2, 1] },
        new("dilated", [1, 2, 9, 9], [3, 2, 3, 3]) { Dilation = [2, 3], Padding = [2, 0] },
        new("depthwise", [2, 6, 7, 7], [6, 1, 7, 7]) { Padding = [3, 3], Groups = 6 },
        new("grouped", [1, 4, 5, 5], [6, 2, 3, 3]) { Groups = 2 },
        new("an empty batch", [0, 3, 5, 5], [4, 3, 3, 3]),
    ];

    private static readonly ConvolutionCase[] TransposedCases =
    [
        new("upscaling by two", [2, 3, 4, 5], [3, 4, 2, 2]) { Stride = [2, 2] },
        new("overlapping", [1, 3, 4, 5], [3, 2, 3, 3]) { Stride = [2, 2], Padding = [1, 1] },
        new("with output padding", [1, 2, 3, 3], [2, 3, 3, 3]) { Stride = [2, 2], Padding = [1, 1], OutputPadding = [1, 1] },
        new("grouped and dilated", [1, 4, 3, 4], [4, 2, 2, 3]) { Dilation = [2, 1], Groups = 2 },
    ];

    [TestCaseSource(nameof(Cases))]
    public void Correlates_the_input_with_the_kernel(ConvolutionCase c)
    {
        var (x, w, b) = c.Inputs(c.Weight[0]);
        var expected = References.Convolve(x, w, b, c);
        // libtorch 1.13 takes only a contiguous weight for an empty batch.
        ForEach((dtype, layout) => Expect.Close(
            F.conv2d(x.ToTensor(dtype, layout), w.ToTensor(dtype, c.Input[0] == 0 ? Layout.Contiguous : layout), b.ToTensor(dtype), c.Stride, c.Padding, c.Dilation, c.Groups),
            expected, Expect.Tolerance(dtype) * 5, Expect.Tolerance(dtype) * 5, $"{c} {dtype} {layout}"));
        Expect.Close(F.conv2d(x.ToTensor(), w.ToTensor(), null, c.Stride, c.Padding, c.Dilation, c.Groups),
            References.Convolve(x, w, b.Map(_ => 0), c), "without bias");
    }

    [TestCaseSource(nameof(TransposedCases))]
    public void Transposed_convolution_spreads_every_pixel_over_the_kernel(ConvolutionCase c)
    {
        var (x, w, b) = c.Inputs(c.Weight[1] * c.Groups);
        var expected = References.ConvolveTransposed(x, w, b, c);
        ForEach((dtype, layout) => Expect.Close(
            F.conv_transpose2d(x.ToTensor(dtype, layout), w.ToTensor(dtype, layout), b.ToTensor(dtype), c.Stride, c.Padding, c.OutputPadding, c.Dilation, c.Groups),
            expected, Expect.Tolerance(dtype) * 5, Expect.Tolerance(dtype) * 5, $"{c} {dtype} {layout}"));
    }

    [Test]
    public void An_image_without_a_batch_dimension_is_accepted()
    {
        var (x, w) = (Nd.Uniform(1, -1, 1, 3, 5, 5), Nd.Uniform(2, -1, 1, 2, 3, 3, 3));
        var c = new ConvolutionCase("", [], []);
        var expected = References.Convolve(x.Reshape(1, 3, 5, 5), w, Nd.Zeros(2), c);
        Expect.Close(F.conv2d(x.ToTensor(), w.ToTensor()), expected.Reshape(2, 3, 3));
    }

    [Test]
    public void Convolutions_have_the_derivatives_that_finite_differences_give()
    {
        var (x, w, b) = (Nd.Uniform(1, -1, 1, 1, 2, 4, 5), Nd.Uniform(2, -1, 1, 2, 1, 3, 2), Nd.Uniform(3, -1, 1, 2));
        GradCheck.Verify(t => F.conv2d(t[0], t[1], t[2], [1, 2], [1, 0], [1, 1], 2), x, w, b);
        GradCheck.Verify(t => F.conv_transpose2d(t[0], t[1], t[2], [2, 1], [1, 0], [1, 0], [1, 1], 2), x, w, b);
    }

    private static void ForEach(Action<ScalarType, Layout> check)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            check(dtype, layout);
        }
    }
}
