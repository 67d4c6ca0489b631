namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How the IoU of an object grows with clicks: value k − 1 is the IoU after k clicks.</summary>
public static class ClickCurve
{
    /// <summary>
    /// NoC@threshold: how many clicks it takes to reach an IoU (Sofiiuk et al., RITM, 2022); the number of all clicks if they don't
    /// suffice, which counts as a failure.
    /// </summary>
    public static (int Clicks, bool IsFailure) NumberOfClicks(IReadOnlyList<double> ious, double threshold)
    {
        ArgumentNullException.ThrowIfNull(ious);
        for (int i = 0; i < ious.Count; i++)
        {
            if (ious[i] >= threshold)
            {
                return (i + 1, false);
            }
        }

        return (ious.Count, true);
    }

    /// <summary>The area under the curve from the first to the last click by the trapezoidal rule, as a fraction of the largest possible.</summary>
    public static double Area(IReadOnlyList<double> ious)
    {
        ArgumentNullException.ThrowIfNull(ious);
        ArgumentOutOfRangeException.ThrowIfZero(ious.Count, nameof(ious));
        return ious.Count == 1 ? ious[0] : ious.Zip(ious.Skip(1), (a, b) => (a + b) / 2).Average();
    }
}
