using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Vision;

public sealed class GridSampleTests : TensorTest
{
    private static readonly Nd Image = Nd.Uniform(1, -1, 1, 2, 3, 5, 7);
    private static readonly Nd Grid = Nd.Uniform(2, -1.4, 1.4, 2, 4, 3, 2);

    [TestCase(false, GridSamplePaddingMode.Zeros)]
    [TestCase(true, GridSamplePaddingMode.Zeros)]
    [TestCase(false, GridSamplePaddingMode.Border)]
    [TestCase(true, GridSamplePaddingMode.Border)]
    public void Bilinear_sampling_interpolates_at_normalised_positions(bool alignCorners, GridSamplePaddingMode padding)
    {
        var expected = Nd.Of([2, 3, 4, 3], i =>
        {
            var x = Position(Grid[i[0], i[2], i[3], 0], 7, alignCorners);
            var y = Position(Grid[i[0], i[2], i[3], 1], 5, alignCorners);
            if (padding == GridSamplePaddingMode.Border)
                (x, y) = (Math.Clamp(x, 0, 6), Math.Clamp(y, 0, 4));
            var (left, top) = (Math.Floor(x), Math.Floor(y));
            double sum = 0;
            for (var r = 0; r < 2; r++)
            for (var s = 0; s < 2; s++)
                sum += (s == 0 ? left + 1 - x : x - left) * (r == 0 ? top + 1 - y : y - top) * Pixel(i, top + r, left + s);
            return sum;
        });
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
            Expect.Close(F.grid_sample(Image.ToTensor(dtype, layout), Grid.ToTensor(dtype, layout), GridSampleMode.Bilinear, padding, alignCorners), expected, $"{dtype} {layout}");
    }

    [Test]
    public void Nearest_sampling_takes_the_closest_pixel()
    {
        var expected = Nd.Of([2, 3, 4, 3], i => Pixel(i,
            Math.Round(Position(Grid[i[0], i[2], i[3], 1], 5, false), MidpointRounding.ToEven),
            Math.Round(Position(Grid[i[0], i[2], i[3], 0], 7, false), MidpointRounding.ToEven)));
        Expect.Exact(F.grid_sample(Image.ToTensor(ScalarType.Float32), Grid.ToTensor(ScalarType.Float32), GridSampleMode.Nearest, align_corners: false), expected);
    }

    [Test]
    public void Sampling_has_the_derivatives_that_finite_differences_give()
        => GradCheck.Verify(t => F.grid_sample(t[0], t[1], align_corners: false), Nd.Uniform(3, -1, 1, 1, 2, 4, 5), Nd.Uniform(4, -0.9, 0.9, 1, 3, 2, 2));

    private static double Position(double normalised, int n, bool alignCorners)
        => alignCorners ? (normalised + 1) / 2 * (n - 1) : ((normalised + 1) * n - 1) / 2;

    private static double Pixel(long[] i, double row, double column)
        => row is >= 0 and < 5 && column is >= 0 and < 7 ? Image[i[0], i[1], (long)row, (long)column] : 0;
}
