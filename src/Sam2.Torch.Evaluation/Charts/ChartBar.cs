namespace Sam2.Torch.Evaluation.Charts;

/// <summary>A bar of a <see cref="BarChart"/>.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Value">How long it is; NaN draws none.</param>
/// <param name="Low">Lower end of the value's uncertainty, if known.</param>
/// <param name="High">Upper end of the value's uncertainty, if known.</param>
public sealed record ChartBar(string Name, double Value, double? Low = null, double? High = null);
