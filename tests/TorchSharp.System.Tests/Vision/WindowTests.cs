using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Vision;

public sealed class WindowTests : TensorTest
{
    [Test]
    public void Unfold_lays_patches_out_in_columns_and_fold_adds_them_up()
    {
        var x = Nd.Uniform(1, -1, 1, 2, 3, 6, 6);
        var columns = Nd.Of([2, 12, 9], i =>
        {
            var (channel, r, s) = (i[1] / 4, i[1] / 2 % 2, i[1] % 2);
            return x[i[0], channel, 2 * (i[2] / 3) + r, 2 * (i[2] % 3) + s];
        });
        foreach (var layout in Layouts.All)
            Expect.Exact(F.unfold(x.ToTensor(layout: layout), 2, stride: 2), columns);
        Expect.Exact(F.fold(columns.ToTensor(), 6, 2, stride: 2), x);
        GradCheck.VerifyOne(t => F.unfold(t, 2, padding: 1), Nd.Uniform(2, -1, 1, 1, 2, 3, 3));
        GradCheck.VerifyOne(t => F.fold(t, 3, 2), Nd.Uniform(3, -1, 1, 1, 4, 4));
    }

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
