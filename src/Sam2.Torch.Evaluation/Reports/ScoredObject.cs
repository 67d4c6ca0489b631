using Sam2.Torch.Evaluation.Metrics;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>An object that counts.</summary>
/// <param name="Video">Its video.</param>
/// <param name="Frames">What was measured on all annotated frames.</param>
/// <param name="Score">Its score on those that count.</param>
internal sealed record ScoredObject(string Video, ObjectFrames Frames, ObjectScore Score);
