using Sam2.Torch.Evaluation.Reports;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>Everything that was measured on one image, or on the frames of one video taken as images.</summary>
/// <param name="Video">Its name.</param>
/// <param name="Objects">Every object of every frame that shows it.</param>
/// <param name="Speed">What it cost; the frames are those encoded.</param>
public sealed record ImageResult(string Video, IReadOnlyList<ImageObjectResult> Objects, ReportSpeed Speed);
