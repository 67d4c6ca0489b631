using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>An object's mask on one frame of a masklet file.</summary>
/// <param name="ObjectId">The object's number.</param>
/// <param name="Mask">Its pixels, possibly none; null where nothing is known of it.</param>
/// <param name="ObjectScore">Logit of the object being visible, if known.</param>
public sealed record MaskletMask(int ObjectId, CocoRle? Mask, float? ObjectScore = null);
