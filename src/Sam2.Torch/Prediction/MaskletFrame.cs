namespace Sam2.Torch.Prediction;

/// <summary>The objects that a <see cref="VideoMaskGenerator"/> sees on a frame. Managed memory only.</summary>
/// <param name="Frame">Index of the frame.</param>
/// <param name="Masks">The objects that are visible. Whether a masklet is worth keeping is known at the end only.</param>
public sealed record MaskletFrame(int Frame, IReadOnlyList<MaskletFrameMask> Masks);
