using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.Kernels;

/// <summary>The bfloat16 layer normalisation (native/kernels/layer_norm.cpp) against the formula in double precision.</summary>
public sealed class LayerNormKernelTests : TensorTest
{
    // Half a unit in the last of eight bits, of values up to about 4.
    private const double Rounding = 1.7e-2;

    [Test]
    public void Every_width_and_layout_is_right([Values(1, 2, 15, 16, 17, 31, 96, 257, 768)] int width)
    {
        foreach (var layout in Layouts.All)
        {
            var x = Nd.Uniform(1, -3, 5, [3, 7, width]).ToTensor(ScalarType.BFloat16, layout);
            var (weight, bias) = (Nd.Uniform(2, 0, 1, [width]).ToTensor(ScalarType.BFloat16), Nd.Uniform(3, -1, 1, [width]).ToTensor(ScalarType.BFloat16));
            Expect.Close(F.layer_norm(x, [width], weight, bias, 1e-6), Nd.From(Formula(x, [width], weight, bias)), 0, Rounding, $"{layout}");
            Expect.Close(F.layer_norm(x, [width], eps: 1e-6), Nd.From(Formula(x, [width], null, null)), 0, Rounding, $"{layout}, plain");
        }
    }

    [Test]
    public void Several_dimensions_are_normalised_together()
    {
        var x = Nd.Uniform(4, -1, 1, [5, 3, 4, 6]).ToTensor(ScalarType.BFloat16);
        Expect.Close(F.layer_norm(x, [4, 6]), Nd.From(Formula(x, [4, 6], null, null, 1e-5)), 0, Rounding);
    }

    [Test]
    public void Offsets_many_times_the_spread_lose_no_more_than_rounding()
    {
        // Variance as E[x²] - E[x]² would be off by more than it is.
        var x = (Nd.Uniform(5, 0, 1, [4, 96]).ToTensor(ScalarType.Float32).round() * 2 + 254).to(ScalarType.BFloat16);
        Expect.Close(F.layer_norm(x, [96]), Nd.From(Formula(x, [96], null, null, 1e-5)), 0, Rounding);
    }

    [Test]
    public void No_rows_give_no_rows_and_wrong_shapes_an_error()
    {
        var x = torch.zeros(0, 8, dtype: ScalarType.BFloat16);
        Assert.That(F.layer_norm(x, [8]).shape, Is.EqualTo(new long[] { 0, 8 }));
        Assert.That(() => F.layer_norm(torch.zeros(2, 8, dtype: ScalarType.BFloat16), [7]), Throws.Exception.With.Message.Contains("normalized_shape"));
    }

    [Test]
    public void NaN_stays_in_its_row()
    {
        var x = Nd.Uniform(6, -1, 1, [4, 33]).ToTensor(ScalarType.BFloat16);
        x[2, 5] = float.NaN;
        var rows = F.layer_norm(x, [33]).isnan().all(-1);
        Assert.That(rows.sum().item<long>(), Is.EqualTo(1));
        Assert.That(rows[2].item<bool>(), Is.True);
    }

    [Test]
    public void Gradients_are_those_of_float32_to_rounding()
    {
        var x = Nd.Uniform(7, -1, 1, [6, 40]).ToTensor(ScalarType.BFloat16);
        var incoming = Nd.Uniform(8, -1, 1, [6, 40]).ToTensor(ScalarType.BFloat16);
        var (narrow, wide) = (x.clone().requires_grad_(), x.to(ScalarType.Float32).requires_grad_());
        F.layer_norm(narrow, [40]).backward([incoming]);
        F.layer_norm(wide, [40]).backward([incoming.to(ScalarType.Float32)]);
        Expect.Close(narrow.grad!, Nd.From(wide.grad!), 0, 4e-2);
    }

    private static Tensor Formula(Tensor x, long[] shape, Tensor? weight, Tensor? bias, double eps = 1e-6)
    {
        var wide = x.to(ScalarType.Float64).flatten(-shape.Length, -1);
        var centred = wide - wide.mean([-1], keepdim: true);
        var result = (centred / (centred.square().mean([-1], keepdim: true) + eps).sqrt()).view(x.shape);
        if (weight is not null) result = result * weight.to(ScalarType.Float64);
        return bias is null ? result : result + bias.to(ScalarType.Float64);
    }
}
