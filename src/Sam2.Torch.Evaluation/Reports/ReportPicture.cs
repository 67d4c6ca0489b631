using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>A picture in a report.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Caption">What it shows.</param>
public sealed record ReportPicture(RgbImage Image, string Caption);
