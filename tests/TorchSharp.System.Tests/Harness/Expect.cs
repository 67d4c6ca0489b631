using NUnit.Framework;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>Comparisons of tensors with reference arrays.</summary>
public static class Expect
{
    /// <summary>Fails unless shape and values agree: |actual − expected| ≤ atol + rtol · |expected|; NaN equals NaN.</summary>
    public static void Close(Tensor actual, Nd expected, double rtol, double atol, string what = "")
    {
        Assert.That(Nd.Text(actual.shape), Is.EqualTo(Nd.Text(expected.Shape)), $"{what} shape");
        var values = Nd.From(actual);
        for (var i = 0; i < expected.Data.Length; i++)
        {
            double a = values.Data[i], e = expected.Data[i];
            if (a.Equals(e) || a == e)
                continue;
            if (!(Math.Abs(a - e) <= atol + rtol * Math.Abs(e)))
            {
                var index = Nd.Indices(expected.Shape).ElementAt(i);
                Assert.Fail($"{what} at {Nd.Text(index)} of {Nd.Text(expected.Shape)}: expected {e:R}, was {a:R}");
            }
        }
    }

    /// <summary>Compares at the precision of the tensor's own type: 1e-12 relative in float64, 2e-5 in float32, exact for integers.</summary>
    public static void Close(Tensor actual, Nd expected, string what = "")
    {
        var tolerance = Tolerance(actual.dtype);
        Close(actual, expected, tolerance, tolerance, what);
    }

    public static void Exact(Tensor actual, Nd expected, string what = "") => Close(actual, expected, 0, 0, what);

    /// <summary>A fresh copy of the values and the expected type.</summary>
    public static void Type(Tensor actual, ScalarType expected, string what = "")
        => Assert.That(actual.dtype, Is.EqualTo(expected), $"{what} type");

    public static double Tolerance(ScalarType dtype) => dtype switch
    {
        ScalarType.Float64 => 1e-12,
        ScalarType.Float32 => 2e-5,
        ScalarType.Float16 => 2e-3,
        ScalarType.BFloat16 => 2e-2,
        _ => 0,
    };
}
