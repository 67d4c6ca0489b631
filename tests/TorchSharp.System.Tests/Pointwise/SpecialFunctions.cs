namespace TorchSharp.Tests.Pointwise;

/// <summary>Transcendental functions that .NET's <see cref="Math"/> lacks, by their series, to about 1e-12 where the tests use them.</summary>
public static class SpecialFunctions
{
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double Softplus(double x) => Math.Log(1 + Math.Exp(x));

    /// <summary>The error function by its Maclaurin series; |x| ≤ 3.</summary>
    public static double Erf(double x)
    {
        double term = x, sum = x;
        for (var n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    /// <summary>The inverse of <see cref="Erf"/> by Newton's method.</summary>
    public static double ErfInverse(double y)
    {
        var x = y;
        for (var i = 0; i < 50; i++)
            x -= (Erf(x) - y) / (2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x));
        return x;
    }

    /// <summary>ln Γ(x), x &gt; 0, by recurrence to x ≥ 12 and Stirling's series.</summary>
    public static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 12; x++)
            shift -= Math.Log(x);
        var r = 1 / (x * x);
        var series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r / 1680))) / x;
        return shift + (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series;
    }

    /// <summary>ψ(x), x &gt; 0, by recurrence to x ≥ 12 and its asymptotic series.</summary>
    public static double Digamma(double x)
    {
        var shift = 0.0;
        for (; x < 12; x++)
            shift -= 1 / x;
        var r = 1 / (x * x);
        return shift + Math.Log(x) - 0.5 / x - r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r / 240)));
    }

    /// <summary>The modified Bessel function of order zero by its power series.</summary>
    public static double BesselI0(double x)
    {
        double term = 1, sum = 1;
        for (var k = 1; k < 60; k++)
        {
            term *= x * x / (4.0 * k * k);
            sum += term;
        }
        return sum;
    }
}
