using Sam2.Torch.Evaluation.Metrics;

namespace Sam2.Torch.Evaluation.Scoring;

/// <summary>What was measured of one object: every annotated frame, whichever of them count in the end.</summary>
/// <param name="Object">The object's name: its number, or its folder's name.</param>
/// <param name="Frames">The annotated frames, in order.</param>
public sealed record ObjectFrames(string Object, IReadOnlyList<FrameScore> Frames);
