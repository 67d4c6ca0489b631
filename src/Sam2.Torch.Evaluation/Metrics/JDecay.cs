namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>
/// DAVIS's decay: how much is lost over the length of a video. The frames are cut into four parts that share their end frames
/// (davis2017-evaluation, <c>db_statistics</c>).
/// </summary>
public static class JDecay
{
    private const int Parts = 4;

    /// <summary>The mean over the first part minus the mean over the last; 0 for fewer than two values.</summary>
    /// <param name="values">One value per frame, in order.</param>
    public static double Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count < 2)
        {
            return 0;
        }

        // Frames are counted from 1 there and the cuts rounded half to even, a hair above.
        int Cut(int part) => (int)Math.Round(1 + ((values.Count - 1) * (part / (double)Parts)) + 1e-10, MidpointRounding.ToEven) - 1;
        double Mean(int first, int last) => Enumerable.Range(first, last - first + 1).Average(i => values[i]);
        return Mean(Cut(0), Cut(1)) - Mean(Cut(Parts - 1), Cut(Parts));
    }
}
