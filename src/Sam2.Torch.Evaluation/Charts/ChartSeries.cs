namespace Sam2.Torch.Evaluation.Charts;

/// <summary>Values that belong together and share a colour.</summary>
/// <param name="Name">What the legend says; no entry for an empty name.</param>
/// <param name="Points">The values, in the order in which a line joins them.</param>
/// <param name="Line">Whether a line joins the values; uncertainties are then a band, else bars.</param>
/// <param name="Marks">Whether each value is marked by a dot.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points, bool Line = true, bool Marks = false);
