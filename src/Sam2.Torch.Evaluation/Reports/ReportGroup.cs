namespace Sam2.Torch.Evaluation.Reports;

/// <summary>The scores of a group of objects.</summary>
/// <param name="Name">The group.</param>
/// <param name="Objects">How many objects it has.</param>
/// <param name="Values">Their mean scores in percent, by name.</param>
public sealed record ReportGroup(string Name, int Objects, IReadOnlyDictionary<string, double> Values);
