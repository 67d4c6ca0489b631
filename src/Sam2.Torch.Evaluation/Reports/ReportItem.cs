namespace Sam2.Torch.Evaluation.Reports;

/// <summary>The scores of one object.</summary>
/// <param name="Video">The video or image.</param>
/// <param name="Object">The object's name in it.</param>
/// <param name="Values">The scores in percent, and facts such as its size, by name.</param>
public sealed record ReportItem(string Video, string Object, IReadOnlyDictionary<string, double> Values);
