using Sam2.Torch.Evaluation.Metrics;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>The names of scores in reports.</summary>
public static class MetricNames
{
    /// <summary>The mean of J and F.</summary>
    public const string JAndF = "J&F";

    /// <summary>Region similarity.</summary>
    public const string J = "J";

    /// <summary>Boundary accuracy.</summary>
    public const string F = "F";

    /// <summary>How much J falls over the length of a video.</summary>
    public const string JDecay = "J decay";

    /// <summary>The part of frames with J above 0.5.</summary>
    public const string JRecall = "J recall";
}
