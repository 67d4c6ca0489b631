using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Vision;

public sealed class InterpolationTests : TensorTest
{
    private static readonly (long, long)[] Sizes = [(5, 7), (10, 14), (12, 9), (3, 4), (1, 1), (13, 3), (2, 15)];
    private static readonly Nd Image = Nd.Uniform(1, -1, 1, 2, 3, 5, 7);

    [Test]
    public void Nearest_takes_the_pixel_at_the_scaled_floor()
        => ForEachSize((size, x, what) => Expect.Exact(
            F.interpolate(x, [size.H, size.W], mode: InterpolationMode.Nearest), Image.Apply(size, Kernels.Nearest), what));

    [Test]
    public void Nearest_exact_takes_the_pixel_under_the_centre()
        => ForEachSize((size, x, what) => Expect.Exact(
            F.interpolate(x, [size.H, size.W], mode: InterpolationMode.NearestExact), Image.Apply(size, Kernels.NearestExact), what));

    [Test]
    public void Area_averages_the_pixels_under_the_output()
        => ForEachSize((size, x, what) => Close(
            F.interpolate(x, [size.H, size.W], mode: InterpolationMode.Area), Image.Apply(size, Kernels.Area), what));

    [TestCase(false)]
    [TestCase(true)]
    public void Bilinear_weighs_the_two_neighbours_in_each_direction(bool alignCorners)
        => ForEachSize((size, x, what) => Close(
            F.interpolate(x, [size.H, size.W], mode: InterpolationMode.Bilinear, align_corners: alignCorners),
            Image.Apply(size, (n, m) => Kernels.Linear(n, m, alignCorners)), what));

    [TestCase(false)]
    [TestCase(true)]
    public void Bicubic_weighs_four_neighbours_in_each_direction(bool alignCorners)
        => ForEachSize((size, x, what) => Close(
            F.interpolate(x, [size.H, size.W], mode: InterpolationMode.Bicubic, align_corners: alignCorners),
            Image.Apply(size, (n, m) => Kernels.Cubic(n, m, alignCorners)), what));

    [Test]
    public void Antialiasing_widens_the_filter_when_shrinking()
        => ForEachSize((size, x, what) =>
        {
            Close(F.interpolate(x, [size.H, size.W], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true),
                Image.Apply(size, Kernels.AntialiasedLinear), what);
            Close(F.interpolate(x, [size.H, size.W], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true),
                Image.Apply(size, Kernels.AntialiasedCubic), what);
        });

    [Test]
    public void A_scale_factor_gives_the_floor_of_the_scaled_size_and_is_used_as_it_is()
    {
        foreach (var factor in new[] { 2.0, 0.5, 1.7, 0.6 })
        {
            var (h, w) = ((long)Math.Floor(5 * factor), (long)Math.Floor(7 * factor));
            Close(F.interpolate(Image.ToTensor(), scale_factor: [factor, factor], mode: InterpolationMode.Bilinear, align_corners: false),
                Image.Apply((h, w), (n, m) => Kernels.Linear(n, m, false, 1 / factor)), $"factor {factor}");
            Close(F.interpolate(Image.ToTensor(), scale_factor: [factor, factor], mode: InterpolationMode.Nearest),
                Image.Apply((h, w), (n, m) => Kernels.Nearest(n, m, 1 / factor)), $"factor {factor}");
        }
    }

    [Test]
    public void Every_mode_has_the_derivative_that_finite_differences_give()
    {
        var x = Nd.Uniform(2, -1, 1, 1, 1, 4, 5);
        foreach (var size in new long[][] { [6, 7], [3, 2] })
        {
            foreach (var mode in new[] { InterpolationMode.Nearest, InterpolationMode.Area })
                GradCheck.VerifyOne(t => F.interpolate(t, size, mode: mode), x);
            foreach (var mode in new[] { InterpolationMode.Bilinear, InterpolationMode.Bicubic })
            foreach (var antialias in new[] { false, true })
                GradCheck.VerifyOne(t => F.interpolate(t, size, mode: mode, align_corners: false, antialias: antialias), x);
        }
    }

    [Test]
    public void Large_factors_and_channels_last_memory_give_the_same_values()
    {
        var x = Nd.Uniform(3, -1, 1, 1, 4, 16, 16);
        var channelsLast = x.Permute(0, 2, 3, 1).ToTensor(ScalarType.Float32).permute(0, 3, 1, 2);
        foreach (var mode in new[] { InterpolationMode.Bilinear, InterpolationMode.Bicubic })
        {
            var expected = x.Apply((64, 64), (n, m) => mode == InterpolationMode.Bilinear ? Kernels.Linear(n, m, false) : Kernels.Cubic(n, m, false));
            Expect.Close(F.interpolate(channelsLast, [64, 64], mode: mode, align_corners: false), expected, mode.ToString());
        }
    }

    private static void Close(Tensor actual, Nd expected, string what)
    {
        // Weights are computed in the tensor's own precision, from positions of up to the image's size.
        var tolerance = actual.dtype == ScalarType.Float64 ? 1e-11 : 2e-5;
        Expect.Close(actual, expected, tolerance, tolerance, what);
    }

    private static void ForEachSize(Action<(long H, long W), Tensor, string> check)
    {
        foreach (var (h, w) in Sizes)
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            check((h, w), Image.ToTensor(dtype, layout), $"{h} by {w} {dtype} {layout}");
        }
    }
}
