namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How well one object was followed through a video. Values are fractions, 0 to 1, where reports show percent.</summary>
/// <param name="Object">The object's name: its number, or its folder's name.</param>
/// <param name="Frames">The frames that count, in order.</param>
public sealed record ObjectScore(string Object, IReadOnlyList<FrameScore> Frames)
{
    /// <summary>Mean region similarity.</summary>
    public double J { get; } = Frames.Average(f => f.J);

    /// <summary>Mean boundary accuracy.</summary>
    public double F { get; } = Frames.Average(f => f.F);

    /// <summary>The mean of the two.</summary>
    public double JAndF => (J + F) / 2;

    /// <summary>How much J falls from the first to the last quarter of the frames (DAVIS's decay); negative if it rises.</summary>
    public double JDecay { get; } = Metrics.JDecay.Of([.. Frames.Select(f => f.J)]);

    /// <summary>The fraction of frames with J above 0.5 (DAVIS's recall).</summary>
    public double JRecall { get; } = Frames.Average(f => f.J > 0.5 ? 1.0 : 0.0);

    /// <summary>
    /// The score of an object from what was measured on every annotated frame, as the benchmarks count it: not before the first frame
    /// on which it is visible or predicted, and not at all, with null, if it is never visible on the frames that count.
    /// </summary>
    /// <param name="name">The object's name.</param>
    /// <param name="frames">Every annotated frame, in order.</param>
    /// <param name="skipFirstAndLast">
    /// Whether the first and the last annotated frame don't count: the first is given to semi-supervised methods, and DAVIS
    /// has no use for the last.
    /// </param>
    public static ObjectScore? From(string name, IReadOnlyList<FrameScore> frames, bool skipFirstAndLast)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var counted = (skipFirstAndLast ? frames.Skip(1).SkipLast(1) : frames).SkipWhile(f => !f.IsSeen).ToList();
        return counted.Exists(f => f.IsVisible) ? new ObjectScore(name, counted) : null;
    }
}
