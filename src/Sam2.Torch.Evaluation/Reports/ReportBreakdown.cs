namespace Sam2.Torch.Evaluation.Reports;

/// <summary>Scores of groups of objects.</summary>
/// <param name="Name">What the groups differ in.</param>
/// <param name="Groups">The groups that have objects.</param>
public sealed record ReportBreakdown(string Name, IReadOnlyList<ReportGroup> Groups);
