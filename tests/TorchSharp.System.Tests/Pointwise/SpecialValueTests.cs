using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

public sealed class SpecialValueTests : TensorTest
{
    private const double Inf = double.PositiveInfinity;
    private const double NaN = double.NaN;
    private static readonly Nd Special = Nd.Vector(NaN, Inf, -Inf, 0, 1.5, -2);

    [Test]
    public void Tells_finite_infinite_and_not_a_number_apart()
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            var x = Special.ToTensor(dtype, layout);
            foreach (var actual in new[] { x.isnan(), torch.isnan(x) })
                Expect.Exact(actual, Nd.Vector(1, 0, 0, 0, 0, 0));
            foreach (var actual in new[] { x.isinf(), torch.isinf(x) })
                Expect.Exact(actual, Nd.Vector(0, 1, 1, 0, 0, 0));
            foreach (var actual in new[] { x.isfinite(), torch.isfinite(x) })
                Expect.Exact(actual, Nd.Vector(0, 0, 0, 1, 1, 1));
        }
    }

    [Test]
    public void Replaces_not_a_number_and_infinities_by_the_given_numbers()
    {
        var x = Special.ToTensor(ScalarType.Float32);
        Expect.Exact(x.nan_to_num(7, 100, -50), Nd.Vector(7, 100, -50, 0, 1.5, -2));
        Expect.Exact(torch.nan_to_num(x, -1, 5, -5), Nd.Vector(-1, 5, -5, 0, 1.5, -2));
    }

    [Test]
    public void Arithmetic_follows_IEEE_754()
    {
        var x = Special.ToTensor(ScalarType.Float64);
        Expect.Exact(x + 1, Special.Map(v => v + 1));
        Expect.Exact(x * 0, Special.Map(v => v * 0));
        Expect.Exact(1 / x, Special.Map(v => 1 / v));
        Expect.Exact(x - x, Special.Map(v => v - v));
        Expect.Exact(x.maximum(torch.zeros_like(x)), Nd.Vector(NaN, Inf, 0, 0, 1.5, 0));
        Expect.Exact(x.sqrt(), Special.Map(Math.Sqrt));
        Expect.Exact(x.exp(), Special.Map(Math.Exp), "exp");
        Expect.Exact(x.sigmoid(), Nd.Vector(NaN, 1, 0, 0.5, 1 / (1 + Math.Exp(-1.5)), 1 / (1 + Math.Exp(2))));
    }

    [Test]
    public void Comparisons_with_not_a_number_are_false()
    {
        var x = Special.ToTensor(ScalarType.Float32);
        Expect.Exact(x == x.clone(), Nd.Vector(0, 1, 1, 1, 1, 1));
        Expect.Exact(x != x.clone(), Nd.Vector(1, 0, 0, 0, 0, 0));
        Expect.Exact(x < 1, Nd.Vector(0, 0, 1, 1, 0, 1));
        Expect.Exact(x >= 1, Nd.Vector(0, 1, 0, 0, 1, 0));
    }

    [Test]
    public void Rounds_halves_to_even()
    {
        var halves = Nd.Vector(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5);
        Expect.Exact(halves.ToTensor(ScalarType.Float32).round(), Nd.Vector(-2, -2, 0, 0, 2, 2));
    }

    [Test]
    public void Closeness_honours_tolerances_and_equal_nan()
    {
        var a = Nd.Vector(1, 100, NaN).ToTensor();
        var b = Nd.Vector(1 + 1e-9, 101, NaN).ToTensor();
        Expect.Exact(a.isclose(b), Nd.Vector(1, 0, 0));
        Expect.Exact(torch.isclose(a, b, 0.02, 0, true), Nd.Vector(1, 1, 1));
        Assert.Multiple(() =>
        {
            Assert.That(a.allclose(b, 0.02), Is.False);
            Assert.That(a.allclose(b, 0.02, 0, true), Is.True);
            Assert.That(torch.allclose(a, b, 0.001, 0, true), Is.False);
        });
    }
}
