namespace Sam2.Torch.Media;

/// <summary>One frame of a video.</summary>
/// <param name="Index">Its number in the source, counted from 0; start and stride do not renumber.</param>
/// <param name="Image">The picture, upright; the receiver's to keep or change.</param>
public sealed record VideoFrame(int Index, RgbImage Image);
