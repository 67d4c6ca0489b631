namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How well the objects of one video were followed.</summary>
/// <param name="Video">The video's name.</param>
/// <param name="Objects">The objects that count; none if no object is visible on a frame that counts.</param>
public sealed record VideoScore(string Video, IReadOnlyList<ObjectScore> Objects)
{
    /// <summary>Mean region similarity of the objects, 0 to 1; NaN without objects.</summary>
    public double J => DatasetScore.Mean(Objects, o => o.J);

    /// <summary>Mean boundary accuracy of the objects, 0 to 1; NaN without objects.</summary>
    public double F => DatasetScore.Mean(Objects, o => o.F);

    /// <summary>The mean of the two.</summary>
    public double JAndF => (J + F) / 2;
}
