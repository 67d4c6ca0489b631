namespace Sam2.Torch.Prediction;

/// <summary>What is known of an object that a <see cref="VideoMaskGenerator"/> follows or has followed.</summary>
/// <param name="Id">Its number, from 1 in the order in which objects were found.</param>
/// <param name="FirstFrame">The frame on which it was found.</param>
/// <param name="LastFrame">The last frame on which it was visible.</param>
/// <param name="VisibleFrames">On how many frames it was visible.</param>
/// <param name="PredictedIou">The quality of its first mask as the model predicts it, 0 to 1.</param>
/// <param name="Stability">The mean stability score of its masks, 0 to 1.</param>
/// <param name="Verdict">Whether it is worth keeping, as far as it is known yet.</param>
public sealed record Masklet(
    int Id, int FirstFrame, int LastFrame, int VisibleFrames, float PredictedIou, double Stability, MaskletVerdict Verdict);
