namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How well the objects of a data set were followed. Every object counts the same, however long or crowded its video.</summary>
/// <param name="Videos">The videos.</param>
public sealed record DatasetScore(IReadOnlyList<VideoScore> Videos)
{
    /// <summary>Every object that counts.</summary>
    public IEnumerable<ObjectScore> Objects => Videos.SelectMany(v => v.Objects);

    /// <summary>Mean region similarity, 0 to 1; NaN without objects.</summary>
    public double J => Mean(Objects, o => o.J);

    /// <summary>Mean boundary accuracy, 0 to 1; NaN without objects.</summary>
    public double F => Mean(Objects, o => o.F);

    /// <summary>The mean of the two.</summary>
    public double JAndF => (J + F) / 2;

    /// <summary>Mean decay of J over the length of a video; NaN without objects.</summary>
    public double JDecay => Mean(Objects, o => o.JDecay);

    /// <summary>Mean fraction of frames with J above 0.5; NaN without objects.</summary>
    public double JRecall => Mean(Objects, o => o.JRecall);

    internal static double Mean(IEnumerable<ObjectScore> objects, Func<ObjectScore, double> value) =>
        objects.Select(value).DefaultIfEmpty(double.NaN).Average();
}
