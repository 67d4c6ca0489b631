using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Kernels;

/// <summary>The GELU kernel (native/kernels/gelu.cpp) against x Φ(x) in double precision.</summary>
public sealed class GeluKernelTests : TensorTest
{
    [Test]
    public void Is_within_rounding_of_the_exact_function()
    {
        var x = torch.linspace(-12, 12, 200_003, ScalarType.Float32);
        var wide = x.to(ScalarType.Float64);
        var expected = wide * 0.5 * (1 + torch.erf(wide / Math.Sqrt(2)));
        var error = (F.gelu(x).to(ScalarType.Float64) - expected).abs() / wide.abs().clamp(1);
        Assert.That(error.max().item<double>(), Is.LessThan(2e-7));
    }

    [Test]
    public void BFloat16_is_the_exact_function_rounded_once()
    {
        foreach (var count in new[] { 1, 15, 16, 33, 20_003 })
        {
            var x = torch.linspace(-9, 9, count, ScalarType.Float32).to(ScalarType.BFloat16);
            var wide = x.to(ScalarType.Float64);
            var expected = wide * 0.5 * (1 + torch.erf(wide / Math.Sqrt(2)));
            // Half a unit in the last of eight bits is up to 2⁻⁸ of the value; and the kernel's own error near -6, where the function is below 1e-7.
            Expect.Close(F.gelu(x), Nd.From(expected), 0.004, 2e-6, $"{count}");
        }
    }

    [Test]
    public void Special_values_are_those_of_the_formula()
    {
        var x = torch.tensor(new[] { float.NaN, float.PositiveInfinity, 0, 1e-30f, -1e-30f, 3e38f, -3e38f });
        Expect.Close(F.gelu(x), Nd.Vector(double.NaN, double.PositiveInfinity, 0, 5e-31, -5e-31, 3e38, 0), 1e-6, 0);
    }

    [Test]
    public void Every_layout_and_length_is_right()
    {
        foreach (var layout in Layouts.All)
        foreach (var shape in new long[][] { [], [1], [0], [15], [33], [3, 5, 7], [130, 257] })
        {
            var values = Nd.Uniform(1, -4, 4, shape);
            var exact = F.gelu(values.ToTensor(ScalarType.Float64));
            Expect.Close(F.gelu(values.ToTensor(ScalarType.Float32, layout)), Nd.From(exact), 1e-6, 1e-6, $"{Nd.Text(shape)} {layout}");
        }
    }

    [Test]
    public void Gradients_do_not_depend_on_the_layout_in_which_they_arrive()
    {
        var values = Nd.Uniform(2, -3, 3, [2, 64, 8]);
        var incoming = Nd.Uniform(3, -1, 1, [2, 64, 8]);
        foreach (var layout in Layouts.All)
        {
            var x = values.ToTensor(ScalarType.Float32).requires_grad_();
            F.gelu(x).backward([incoming.ToTensor(ScalarType.Float32, layout)]);
            var wide = values.ToTensor(ScalarType.Float64);
            var slope = 0.5 * (1 + torch.erf(wide / Math.Sqrt(2))) + wide * torch.exp(-wide * wide / 2) / Math.Sqrt(2 * Math.PI);
            Expect.Close(x.grad!, Nd.From(slope * incoming.ToTensor(ScalarType.Float64)), 1e-5, 1e-6, $"{layout}");
        }
    }
}
