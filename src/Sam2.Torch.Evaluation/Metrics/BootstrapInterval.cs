namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// Confidence intervals by the bootstrap (Efron, 1979) over videos: objects of one video share its difficulties, so whole videos are
/// drawn. The same numbers give the same interval.
/// </summary>
public static class BootstrapInterval
{
    /// <summary>How many data sets are drawn.</summary>
    public const int Draws = 10_000;

    private const int Seed = 20260101;

    /// <summary>The percentile interval of the mean over all values, if videos were drawn with replacement.</summary>
    /// <param name="videos">The values of each video's objects; at least one video, each with at least one value.</param>
    /// <param name="confidence">The confidence level, such as 0.95.</param>
    /// <exception cref="ArgumentException">There is no video, or one without values.</exception>
    public static (double Low, double High) OfMean(IReadOnlyList<IReadOnlyList<double>> videos, double confidence = 0.95)
    {
        ArgumentNullException.ThrowIfNull(videos);
        if (videos.Count == 0 || videos.Any(v => v.Count == 0)) throw new ArgumentException("There must be videos, each with values.", nameof(videos));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(confidence, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(confidence, 1);
        var (sums, counts) = (videos.Select(v => v.Sum()).ToArray(), videos.Select(v => v.Count).ToArray());
        var random = new Random(Seed);
        var means = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            long count = 0;
            for (int i = 0; i < sums.Length; i++)
            {
                int video = random.Next(sums.Length);
                sum += sums[video];
                count += counts[video];
            }

            means[draw] = sum / count;
        }

        Array.Sort(means);
        double tail = (1 - confidence) / 2;
        return (Quantile(means, tail), Quantile(means, 1 - tail));
    }

    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)Math.Floor(place);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
