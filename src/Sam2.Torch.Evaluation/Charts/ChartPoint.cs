namespace Sam2.Torch.Evaluation.Charts;

/// <summary>A value in a chart.</summary>
/// <param name="X">Where it is on the horizontal axis.</param>
/// <param name="Y">Where it is on the vertical axis; NaN leaves a gap.</param>
/// <param name="Low">Lower end of its uncertainty, if known.</param>
/// <param name="High">Upper end of its uncertainty, if known.</param>
/// <param name="Label">What is written beside it, if anything.</param>
public readonly record struct ChartPoint(double X, double Y, double? Low = null, double? High = null, string? Label = null);
