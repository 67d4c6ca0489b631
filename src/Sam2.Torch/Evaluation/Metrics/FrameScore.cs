namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How well one object was segmented on one frame.</summary>
/// <param name="Frame">The frame's name.</param>
/// <param name="J">Region similarity, 0 to 1.</param>
/// <param name="F">Boundary accuracy, 0 to 1.</param>
/// <param name="InTruth">Whether the object is visible in truth.</param>
/// <param name="InPrediction">Whether anything was predicted for it.</param>
public readonly record struct FrameScore(string Frame, double J, double F, bool InTruth, bool InPrediction)
{
    /// <summary>The score where there is nothing and nothing was predicted.</summary>
    public static FrameScore Absent(string frame) => new(frame, 1, 1, InTruth: false, InPrediction: false);
}
