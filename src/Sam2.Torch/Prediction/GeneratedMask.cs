using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>
/// A mask that was found without being asked for, with what the original's records say of it. Managed memory only.
/// </summary>
/// <param name="Segmentation">
/// The mask, in the form that takes little memory. The original's three output modes are <see cref="CocoRle.Decode"/>,
/// <see cref="CocoRle.ToCounts"/> and <see cref="CocoRle.ToCompressedString"/>.
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

/// <summary>A part of an image, in pixels.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Top edge.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
/// <param name="Layer">0 for the whole image; layer n has 2ⁿ × 2ⁿ crops.</param>
public readonly record struct ImageCrop(int X, int Y, int Width, int Height, int Layer)
{
    /// <summary>The whole image and the crops of further layers (sam2/utils/amg.py, <c>generate_crop_boxes</c>).</summary>
    /// <param name="width">Width of the image in pixels.</param>
    /// <param name="height">Height of the image in pixels.</param>
    /// <param name="layers">How many layers beyond the whole image.</param>
    /// <param name="overlapRatio">
    /// By which share of the image's shorter side the crops of layer 1 overlap; those of layer n by half as much with each layer.
    /// </param>
    /// <returns>The whole image first, then layer by layer, columns from left to right.</returns>
    public static IReadOnlyList<ImageCrop> Layers(int width, int height, int layers, double overlapRatio)
    {
        var crops = new List<ImageCrop> { new(0, 0, width, height, 0) };
        for (var layer = 1; layer <= layers; layer++)
        {
            var perSide = 1 << layer;
            var overlap = (int)(overlapRatio * Math.Min(width, height) * (2.0 / perSide));
            var (cropWidth, cropHeight) = (Length(width), Length(height));
            for (var i = 0; i < perSide; i++)
            {
                for (var j = 0; j < perSide; j++)
                {
                    var (x, y) = ((cropWidth - overlap) * i, (cropHeight - overlap) * j);
                    // An image of a few pixels hasn't enough for every crop.
                    if (x < width && y < height)
                        crops.Add(new(x, y, Math.Min(cropWidth, width - x), Math.Min(cropHeight, height - y), layer));
                }
            }

            int Length(int side) => (int)Math.Ceiling((double)((overlap * (perSide - 1)) + side) / perSide);
        }
        return crops;
    }

    /// <summary>
    /// Whether a box ends at an edge of the crop that isn't an edge of the image: what it encloses may go on there
    /// (sam2/utils/amg.py, <c>is_box_near_crop_edge</c>).
    /// </summary>
    /// <param name="box">Outermost pixels of a mask, relative to the crop.</param>
    /// <param name="imageWidth">Width of the image.</param>
    /// <param name="imageHeight">Height of the image.</param>
    internal bool CutsOff((int X0, int Y0, int X1, int Y1) box, int imageWidth, int imageHeight)
    {
        const int Near = 20;
        return Cuts(box.X0 + X, X, 0) || Cuts(box.Y0 + Y, Y, 0)
            || Cuts(box.X1 + X, X + Width, imageWidth) || Cuts(box.Y1 + Y, Y + Height, imageHeight);

        static bool Cuts(int edge, int cropEdge, int imageEdge) =>
            Math.Abs(edge - cropEdge) <= Near && Math.Abs(edge - imageEdge) > Near;
    }
}
