using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="MaskGenerator"/> looks for masks; defaults are the original's.</summary>
public sealed record MaskGeneratorOptions
{
    /// <summary>Points along each side of the grid for the whole image.</summary>
    public int PointsPerSide { get; init; } = 32;

    /// <summary>
    /// Explicit points instead of a regular grid, a list for each crop layer, relative to the crop's size, in [0, 1]. Null for
    /// <see cref="PointsPerSide"/>.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<(double X, double Y)>>? PointGrids { get; init; }

    /// <summary>
    /// Points whose masks are judged together, which bounds memory; results don't depend on it. On a GPU they also pass the mask decoder
    /// together, where the original's 64 pays; on a CPU that takes a few at a time (<see cref="ImagePredictorOptions.PromptBatch"/>).
    /// </summary>
    public int PointsPerBatch { get; init; } = 16;

    /// <summary>
    /// Masks whose predicted IoU isn't above it are dropped; 0 keeps all. Null for the default of the model's original: 0.8 for SAM 2, 0.88 for
    /// the first Segment Anything.
    /// </summary>
    public double? PredIouThreshold { get; init; }

    /// <summary>Masks that are less stable when the threshold moves are dropped; 0 keeps all.</summary>
    public double StabilityScoreThreshold { get; init; } = 0.95;

    /// <summary>How far the threshold moves, in logits, for the stability score.</summary>
    public double StabilityScoreOffset { get; init; } = 1;

    /// <summary>Logit above which a pixel belongs to a mask.</summary>
    public double MaskThreshold { get; init; }

    /// <summary>Of masks of one crop whose boxes overlap by more (IoU), the one with the best predicted IoU stays.</summary>
    public double BoxNmsThreshold { get; init; } = 0.7;

    /// <summary>Layers of crops beyond the whole image; layer n has 2ⁿ × 2ⁿ crops.</summary>
    public int CropLayers { get; init; }

    /// <summary>Of masks of different crops whose boxes overlap by more (IoU), the one from the smallest crop stays.</summary>
    public double CropNmsThreshold { get; init; } = 0.7;

    /// <summary>By which share of the image's shorter side crops of layer 1 overlap; less in further layers.</summary>
    public double CropOverlapRatio { get; init; } = 512.0 / 1500;

    /// <summary>By how much the grid becomes coarser from one crop layer to the next.</summary>
    public int CropPointsDownscale { get; init; } = 1;

    /// <summary>Islands and holes with fewer pixels are removed from the masks; 0 keeps them.</summary>
    public int MinMaskRegionArea { get; init; }

    /// <summary>What removing small regions means.</summary>
    public RegionRemoval RegionRemoval { get; init; }

    /// <summary>Whether every mask is refined once, as a prompt together with its point.</summary>
    public bool UseM2M { get; init; }

    /// <summary>Whether each point gives three masks, for whole, part and subpart, or the one that is most likely meant.</summary>
    public bool Multimask { get; init; } = true;

    /// <summary>What <see cref="PredIouThreshold"/> is for a model if nothing else is said.</summary>
    internal static double PredIouThresholdOf(IPromptableModel model) => model is SamModel ? 0.88 : 0.8;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    internal void Validate()
    {
        Require(PointGrids is not null || PointsPerSide >= 1, nameof(PointsPerSide), PointsPerSide, "at least 1");
        Require(PointsPerBatch >= 1, nameof(PointsPerBatch), PointsPerBatch, "at least 1");
        Require(StabilityScoreOffset >= 0, nameof(StabilityScoreOffset), StabilityScoreOffset, "0 or more");
        Require(CropLayers is >= 0 and <= 8, nameof(CropLayers), CropLayers, "0 to 8");
        Require(CropOverlapRatio is >= 0 and < 1, nameof(CropOverlapRatio), CropOverlapRatio, "0 or more, and less than 1");
        Require(CropPointsDownscale >= 1, nameof(CropPointsDownscale), CropPointsDownscale, "at least 1");
        Require(MinMaskRegionArea >= 0, nameof(MinMaskRegionArea), MinMaskRegionArea, "0 or more");
        if (PointGrids is null) return;
        Require(PointGrids.Count > CropLayers, nameof(PointGrids), PointGrids.Count, $"one grid for the image and each of {CropLayers} crop layers");
        foreach (var (x, y) in PointGrids.SelectMany(grid => grid))
        {
            if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1))
                throw new ArgumentException($"{nameof(PointGrids)} has the point ({x}, {y}); give coordinates in [0, 1], relative to the image's size.");
        }
    }

    private static void Require(bool holds, string name, double value, string wanted)
    {
        if (!holds) throw new ArgumentException($"{name} is {value}; give {wanted}.");
    }
}

/// <summary>What <see cref="MaskGeneratorOptions.MinMaskRegionArea"/> does. The original's answer depends on how it was installed.</summary>
public enum RegionRemoval
{
    /// <summary>
    /// Small islands and holes of the finished masks are removed, areas are pixels of the image, and a second non-maximum
    /// suppression drops masks that have become duplicates. What the original documents, and has in
    /// <c>postprocess_small_regions</c>.
    /// </summary>
    Finished,

    /// <summary>
    /// Islands and holes are removed from the low-resolution logits before masks are judged; areas are pixels there. What the
    /// original does where its CUDA extension is installed.
    /// </summary>
    LowResolution,

    /// <summary>Nothing. What the original does, with a warning, where its CUDA extension isn't installed.</summary>
    None,
}

/// <summary>Regular grids of points to prompt with (sam2/utils/amg.py, <c>build_point_grid</c>).</summary>
public static class PointGrid
{
    /// <summary>Evenly spaced points, row by row, each in the middle of its cell.</summary>
    /// <param name="perSide">Points along each side, at least 1.</param>
    /// <returns><paramref name="perSide"/>² points with coordinates in (0, 1), relative to the image's width and height.</returns>
    public static IReadOnlyList<(double X, double Y)> Build(int perSide)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSide, 1);
        return [.. from y in Enumerable.Range(0, perSide)
                   from x in Enumerable.Range(0, perSide)
                   select ((x + 0.5) / perSide, (y + 0.5) / perSide)];
    }

    /// <summary>One grid per crop layer; layer n has <c>perSide / downscale^n</c> points a side, rounded down.</summary>
    /// <param name="perSide">Points along each side for the whole image.</param>
    /// <param name="layers">Crop layers beyond the whole image.</param>
    /// <param name="downscale">By how much grids become coarser from layer to layer.</param>
    /// <exception cref="ArgumentException">A layer would have no point.</exception>
    public static IReadOnlyList<IReadOnlyList<(double X, double Y)>> BuildLayers(int perSide, int layers, int downscale)
    {
        var grids = new List<IReadOnlyList<(double X, double Y)>>();
        for (var layer = 0; layer <= layers; layer++)
        {
            var points = (int)(perSide / Math.Pow(downscale, layer));
            if (points < 1)
                throw new ArgumentException($"{perSide} points per side, divided by {downscale} for each of {layer} crop layers, leave none.");
            grids.Add(Build(points));
        }
        return grids;
    }
}

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
