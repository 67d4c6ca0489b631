using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>An object's mask on a frame.</summary>
/// <param name="MaskletId">The object's number.</param>
/// <param name="Mask">Its mask at the video's size.</param>
/// <param name="ObjectScore">Logit of the object being visible.</param>
/// <param name="Stability">The mask's stability score, 0 to 1.</param>
public sealed record MaskletFrameMask(int MaskletId, CocoRle Mask, float ObjectScore, float Stability);
