using System.Globalization;

namespace Sam2.Torch.Training.Ablation;

/// <summary>Mean and standard deviation of a score over seeds.</summary>
/// <param name="Mean">The mean; not a number without values.</param>
/// <param name="Spread">The standard deviation of a sample; null with fewer than two values.</param>
/// <param name="Count">Number of values.</param>
internal sealed record MeanAndSpread(double Mean, double? Spread, int Count)
{
    /// <summary>Of these values; those that are not numbers don't count.</summary>
    public static MeanAndSpread Of(IEnumerable<double> values)
    {
        var finite = values.Where(double.IsFinite).ToList();
        var mean = finite.DefaultIfEmpty(double.NaN).Average();
        return new(mean, finite.Count < 2 ? null : Math.Sqrt(finite.Sum(v => (v - mean) * (v - mean)) / (finite.Count - 1)), finite.Count);
    }

    /// <summary>Lower end of the spread, or null.</summary>
    public double? Low => Mean - Spread;

    /// <summary>Upper end of the spread, or null.</summary>
    public double? High => Mean + Spread;

    /// <summary><c>0.812 ± 0.004</c>, in the invariant culture; a dash without values.</summary>
    public override string ToString() => Count == 0 ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{Mean:0.000}{(Spread is { } spread ? $" ± {spread.ToString("0.000", CultureInfo.InvariantCulture)}" : "")}");
}
