using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>
/// A mask that was found without being asked for, with what the original's records say of it. Managed memory only.
/// </summary>
/// <param name="Segmentation">
/// The mask, in the form that takes little memory. The original's three output modes are <see cref="CocoRle.Decode"/>,
/// <see cref="CocoRle.Counts"/> and <see cref="CocoRle.ToCompressedString"/>.
/// </param>
/// <param name="Box">
/// The box around the mask in pixels. As in the original, width and height are the distances of the outermost pixels, one less
/// than <see cref="CocoRle.BoundingBox"/> says.
/// </param>
/// <param name="PredictedIou">The mask's quality as the model predicts it, 0 to 1.</param>
/// <param name="PointCoordinates">The point that gave the mask, in pixels of the image.</param>
/// <param name="StabilityScore">How little the mask changes when its threshold moves, 0 to 1.</param>
/// <param name="Crop">The part of the image that the mask was found in.</param>
public sealed record GeneratedMask(
    CocoRle Segmentation, (int X, int Y, int Width, int Height) Box, float PredictedIou, (float X, float Y) PointCoordinates,
    float StabilityScore, ImageCrop Crop)
{
    /// <summary>Pixels of the mask.</summary>
    public long Area { get; } = Segmentation.Area;

    /// <summary>The outermost pixels, for non-maximum suppression.</summary>
    internal float[] Corners => [Box.X, Box.Y, Box.X + Box.Width, Box.Y + Box.Height];
}
