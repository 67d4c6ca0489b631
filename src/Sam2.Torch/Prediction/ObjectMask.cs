using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>An object's mask on one frame. Managed memory only: keep it or drop it.</summary>
/// <param name="ObjectId">The caller's name of the object.</param>
/// <param name="Mask">The mask at the video's size.</param>
/// <param name="ObjectScore">
/// Logit of the object being visible: above 0 it is predicted to be. Null where nothing is known of the object on this frame.
/// </param>
/// <param name="Logits">
/// Mask logits at a quarter of the model's resolution, [h, w]; null unless <see cref="VideoSessionOptions.ReturnLogits"/> asks for them,
/// and where nothing is known.
/// </param>
public sealed record ObjectMask(int ObjectId, BinaryMask Mask, float? ObjectScore, float[,]? Logits);
