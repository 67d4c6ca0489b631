using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Vision;

public sealed class PoolingTests : TensorTest
{
    private static readonly Nd Image = Nd.Shuffled(1, 2, 3, 7, 9).Map(i => (float)(i / 10 - 18));

    [Test]
    public void Max_pooling_takes_the_largest_value_of_each_window()
        => ForEach(x =>
        {
            Expect.Exact(F.max_pool2d(x, 2), Pool(2, 2, 0, 1, v => v.Max()));
            Expect.Exact(F.max_pool2d(x, [2L, 2L], [2L, 2L]), Pool(2, 2, 0, 1, v => v.Max()));
            Expect.Exact(F.max_pool2d(x, 3, 2, 1), Pool(3, 2, 1, 1, v => v.Max()));
            Expect.Exact(F.max_pool2d(x, (3, 3), (2, 2), (1, 1)), Pool(3, 2, 1, 1, v => v.Max()));
            Expect.Exact(F.max_pool2d(x, 3, 1, 0, 2), Pool(3, 1, 0, 2, v => v.Max()));
        });

    [Test]
    public void Average_pooling_takes_the_mean_of_each_window()
        => ForEach(x =>
        {
            Expect.Close(F.avg_pool2d(x, 2), Pool(2, 2, 0, 1, v => v.Average()));
            Expect.Close(F.avg_pool2d(x, [2L, 2L], [2L, 2L]), Pool(2, 2, 0, 1, v => v.Average()));
            Expect.Close(F.avg_pool2d(x, 3, 2, 1), Pool(3, 2, 1, 1, v => v.Sum() / 9));
            Expect.Close(F.avg_pool2d(x, 3, 2, 1, count_include_pad: false), Pool(3, 2, 1, 1, v => v.Average()));
        });

    [Test]
    public void Adaptive_average_pooling_cuts_the_image_into_as_many_cells_as_asked_for()
        => ForEach(x =>
        {
            Expect.Close(F.adaptive_avg_pool2d(x, 1), Image.Reduce([2, 3], true, v => v.Average()));
            Expect.Close(F.adaptive_avg_pool2d(x, [3L, 4L]), Image.Apply((3, 4), Kernels.Area));
        });

    [Test]
    public void Pooling_has_the_derivatives_that_finite_differences_give()
    {
        var x = Nd.Shuffled(2, 1, 2, 5, 6).Map(i => i / 10);
        GradCheck.VerifyOne(t => F.max_pool2d(t, 2), x);
        GradCheck.VerifyOne(t => F.max_pool2d(t, 3, 2, 1), x);
        GradCheck.VerifyOne(t => F.avg_pool2d(t, 3, 2, 1), x);
        GradCheck.VerifyOne(t => F.adaptive_avg_pool2d(t, [2L, 3L]), x);
    }

    private static Nd Pool(int kernel, int stride, int padding, int dilation, Func<double[], double> f)
    {
        return Nd.Of([2, 3, Size(7), Size(9)], i =>
        {
            var values = new List<double>();
            for (var r = 0; r < kernel; r++)
            for (var s = 0; s < kernel; s++)
            {
                var (row, column) = (i[2] * stride - padding + r * dilation, i[3] * stride - padding + s * dilation);
                if (row is >= 0 and < 7 && column is >= 0 and < 9)
                    values.Add(Image[i[0], i[1], row, column]);
            }
            return f([.. values]);
        });

        long Size(int n) => (n + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    }

    private static void ForEach(Action<Tensor> check)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            check(Image.ToTensor(dtype, layout));
        }
    }
}
