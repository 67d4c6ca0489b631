using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Vision;

public sealed class WindowTests : TensorTest
{
    [Test]
    public void An_affine_grid_moves_normalised_positions()
    {
        var theta = Nd.Vector(1, 0.5, 0.25, -0.5, 2, -1).Reshape(1, 2, 3);
        var expected = Nd.Of([1, 3, 5, 2], i =>
        {
            var (x, y) = ((2 * i[2] + 1) / 5.0 - 1, (2 * i[1] + 1) / 3.0 - 1);
            return theta[0, i[3], 0] * x + theta[0, i[3], 1] * y + theta[0, i[3], 2];
        });
        Expect.Close(F.affine_grid(theta.ToTensor(), [1, 2, 3, 5]), expected);
        GradCheck.VerifyOne(t => F.affine_grid(t, [1, 2, 3, 5], true), theta);
    }

    [Test]
    public void Pairs_give_each_direction_its_own_size()
    {
        var x = Nd.Uniform(1, -1, 1, 1, 2, 6, 6);
        Expect.Close(F.avg_pool2d(x.ToTensor(), (2L, 3L)), x.Apply((3, 2), Kernels.Area));
        Expect.Close(F.adaptive_avg_pool2d(x.ToTensor(), (3L, 2L)), x.Apply((3, 2), Kernels.Area));
        Expect.Exact(F.pad(x.ToTensor(), new long[] { 1, 0 }), Nd.Of([1, 2, 6, 7], i => i[3] == 0 ? 0 : x[i[0], i[1], i[2], i[3] - 1]));
    }
}
