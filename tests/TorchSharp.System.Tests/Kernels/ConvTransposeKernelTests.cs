using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Kernels;

/// <summary>The transposed convolution as a product (native/kernels/conv_transpose.cpp) against loops and against libtorch's float64.</summary>
public sealed class ConvTransposeKernelTests : TensorTest
{
    [TestCase(2, 2)]
    [TestCase(3, 3)]
    [TestCase(2, 3)]
    public void Every_pixel_makes_its_own_patch(long kh, long kw)
    {
        var (x, w, b) = (Nd.Uniform(1, -1, 1, 2, 6, 5, 7), Nd.Uniform(2, -1, 1, 6, 4, kh, kw), Nd.Uniform(3, -1, 1, 4));
        var expected = Nd.Of([2, 4, 5 * kh, 7 * kw], i =>
            b[i[1]] + Enumerable.Range(0, 6).Sum(c => x[i[0], c, i[2] / kh, i[3] / kw] * w[c, i[1], i[2] % kh, i[3] % kw]));
        foreach (var layout in Layouts.All)
        {
            var result = F.conv_transpose2d(
                x.ToTensor(ScalarType.Float32, layout), w.ToTensor(ScalarType.Float32), b.ToTensor(ScalarType.Float32), strides: [kh, kw]);
            Expect.Close(result, expected, $"{kh}×{kw} {layout}");
        }
    }

    [Test]
    public void Overlapping_and_padded_kernels_keep_their_own_way()
    {
        var (x, w) = (Nd.Uniform(1, -1, 1, 2, 6, 5, 7), Nd.Uniform(2, -1, 1, 6, 4, 2, 2));
        Tensor Run(ScalarType dtype, long stride, long padding) => F.conv_transpose2d(x.ToTensor(dtype), w.ToTensor(dtype), strides: [stride, stride], padding: [padding, padding]);
        foreach (var (stride, padding) in new[] { (1L, 0L), (2L, 1L), (3L, 0L) })
            Expect.Close(Run(ScalarType.Float32, stride, padding), Nd.From(Run(ScalarType.Float64, stride, padding)), $"stride {stride} padding {padding}");
    }
}
