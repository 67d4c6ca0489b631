using Sam2.Torch.Evaluation.Metrics;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Reports;

/// <summary>What was measured with a number of annotated frames.</summary>
/// <param name="AnnotatedFrames">On how many frames each object could be prompted.</param>
/// <param name="Objects">What was measured of each object.</param>
public sealed record RoundResult(int AnnotatedFrames, IReadOnlyList<ObjectFrames> Objects);
