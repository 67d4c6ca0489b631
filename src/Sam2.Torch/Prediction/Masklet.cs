using Sam2.Torch.Masks;

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

/// <summary>What a <see cref="VideoMaskGenerator"/> thinks of a masklet.</summary>
public enum MaskletVerdict
{
    /// <summary>It is worth keeping.</summary>
    Keep,

    /// <summary>It shows the same object as another one.</summary>
    Duplicate,

    /// <summary>It is visible on too few frames.</summary>
    TooShort,

    /// <summary>Its masks depend too much on the threshold.</summary>
    Unstable,
}

/// <summary>The objects that a <see cref="VideoMaskGenerator"/> sees on a frame. Managed memory only.</summary>
/// <param name="Frame">Index of the frame.</param>
/// <param name="Masks">The objects that are visible. Whether a masklet is worth keeping is known at the end only.</param>
public sealed record MaskletFrame(int Frame, IReadOnlyList<MaskletFrameMask> Masks);

/// <summary>An object's mask on a frame.</summary>
/// <param name="MaskletId">The object's number.</param>
/// <param name="Mask">Its mask at the video's size.</param>
/// <param name="ObjectScore">Logit of the object being visible.</param>
/// <param name="Stability">The mask's stability score, 0 to 1.</param>
public sealed record MaskletFrameMask(int MaskletId, CocoRle Mask, float ObjectScore, float Stability);
