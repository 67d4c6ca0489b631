using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>How far a <see cref="MaskGenerator"/> has come.</summary>
/// <param name="PointsDone">Points that were prompted so far, over all crops.</param>
/// <param name="Points">All points.</param>
/// <param name="Candidates">Masks found in the present crop, duplicates included.</param>
public readonly record struct MaskGeneratorProgress(int PointsDone, int Points, int Candidates);

/// <summary>
/// Finds the masks of everything in an image: prompts the model with a grid of points, keeps what the model believes in and what
/// is stable, and drops duplicates (sam2/automatic_mask_generator.py, <c>SAM2AutomaticMaskGenerator</c>; of the first Segment Anything,
/// <c>SamAutomaticMaskGenerator</c>).
/// </summary>
/// <remarks>
/// Memory is bounded whatever the size of the image: masks go from low-resolution logits to run lengths
/// (<see cref="LogitScan"/>). Not safe for concurrent use; generators of one model may run at the same time.
/// </remarks>
public sealed class MaskGenerator
{
    private readonly IPromptableModel _model;
    private readonly MaskGeneratorOptions _options;
    private readonly IReadOnlyList<IReadOnlyList<(double X, double Y)>> _grids;

    /// <summary>Generates with <paramref name="model"/>, which stays the caller's and should be in evaluation mode.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public MaskGenerator(IPromptableModel model, MaskGeneratorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _options = options ?? new();
        _options = _options with { PredIouThreshold = _options.PredIouThreshold ?? MaskGeneratorOptions.PredIouThresholdOf(model) };
        _options.Validate();
        _grids = _options.PointGrids
            ?? PointGrid.BuildLayers(_options.PointsPerSide, _options.CropLayers, _options.CropPointsDownscale);
    }

    /// <summary>Finds the masks of an image file.</summary>
    /// <inheritdoc cref="Generate(Tensor, IProgress{MaskGeneratorProgress}, CancellationToken)"/>
    /// <exception cref="MediaException">The file can't be read as an image.</exception>
    public IReadOnlyList<GeneratedMask> Generate(
        string path, IProgress<MaskGeneratorProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Generate(ImageFile.Read(path, cancellationToken: cancellationToken), progress, cancellationToken);

    /// <summary>Finds the masks of an image.</summary>
    /// <inheritdoc cref="Generate(Tensor, IProgress{MaskGeneratorProgress}, CancellationToken)"/>
    public IReadOnlyList<GeneratedMask> Generate(
        RgbImage image, IProgress<MaskGeneratorProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var pixels = image.ToTensor();
        return Generate(pixels, progress, cancellationToken);
    }

    /// <summary>Finds the masks of an image.</summary>
    /// <param name="image"><c>[H, W, 3]</c>, uint8, RGB.</param>
    /// <param name="progress">Gets a report after every batch of points.</param>
    /// <param name="cancellationToken">Stops between two batches of points.</param>
    /// <returns>
    /// The masks. From the whole image alone, those with the best predicted IoU first; with crops, those from the smallest
    /// crops first.
    /// </returns>
    /// <exception cref="ArgumentException">The image has another shape or type.</exception>
    public IReadOnlyList<GeneratedMask> Generate(
        Tensor image, IProgress<MaskGeneratorProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        if (image.dim() != 3) throw new ArgumentException($"The image has shape [{string.Join(", ", image.shape)}]; give [H, W, 3].", nameof(image));
        var (height, width) = (checked((int)image.size(0)), checked((int)image.size(1)));
        var crops = ImageCrop.Layers(width, height, _options.CropLayers, _options.CropOverlapRatio);
        var report = new Progress(progress, crops.Sum(crop => _grids[crop.Layer].Count));
        var masks = new List<GeneratedMask>();
        foreach (var crop in crops) masks.AddRange(GenerateInCrop(image, crop, report, cancellationToken));

        if (crops.Count > 1)
        {
            // Smaller crops show things in more detail.
            masks = Suppress(masks, mask => 1f / ((float)mask.Crop.Width * mask.Crop.Height), _options.CropNmsThreshold);
        }
        if (_options is { MinMaskRegionArea: > 0, RegionRemoval: RegionRemoval.Finished })
            masks = RemoveSmallRegions(masks);
        return masks;
    }

    private List<GeneratedMask> GenerateInCrop(Tensor image, ImageCrop crop, Progress report, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var predictor = new ImagePredictor(_model);
        predictor.SetImage(image.narrow(0, crop.Y, crop.Height).narrow(1, crop.X, crop.Width));
        var decoding = new MaskCandidates(predictor, _options, crop, (int)image.size(1), (int)image.size(0));
        var masks = new List<GeneratedMask>();
        foreach (var points in _grids[crop.Layer].Chunk(_options.PointsPerBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            masks.AddRange(decoding.FromPoints(
                [.. points.Select(p => new PointPrompt((float)(p.X * crop.Width), (float)(p.Y * crop.Height)))]));
            report.Add(points.Length, masks.Count);
        }
        return Suppress(masks, mask => mask.PredictedIou, _options.BoxNmsThreshold);
    }

    private static List<GeneratedMask> Suppress(List<GeneratedMask> masks, Func<GeneratedMask, float> score, double threshold)
    {
        var kept = BoxNms.Suppress([.. masks.SelectMany(mask => mask.Corners)], [.. masks.Select(score)], threshold, []);
        return [.. kept.Select(i => masks[(int)i])];
    }

    /// <summary>
    /// Cleans finished masks, then drops new duplicates: those that needed no cleaning are preferred
    /// (sam2/automatic_mask_generator.py, <c>postprocess_small_regions</c>).
    /// </summary>
    private List<GeneratedMask> RemoveSmallRegions(List<GeneratedMask> masks)
    {
        var cleaned = new List<GeneratedMask>(masks.Count);
        var unchanged = new HashSet<GeneratedMask>(ReferenceEqualityComparer.Instance);
        foreach (var mask in masks)
        {
            var (filled, hadHoles) = MaskCleanup.RemoveSmallRegions(mask.Segmentation.Decode(), _options.MinMaskRegionArea, SmallRegions.Holes);
            var (clean, hadIslands) = MaskCleanup.RemoveSmallRegions(filled, _options.MinMaskRegionArea, SmallRegions.Islands);
            if (!hadHoles && !hadIslands)
            {
                cleaned.Add(mask);
                unchanged.Add(mask);
                continue;
            }
            var box = clean.BoundingBox;
            cleaned.Add(new GeneratedMask(
                CocoRle.Encode(clean), (box.X, box.Y, Math.Max(box.Width - 1, 0), Math.Max(box.Height - 1, 0)), mask.PredictedIou,
                mask.PointCoordinates, mask.StabilityScore, mask.Crop));
        }
        return Suppress(
            cleaned, mask => unchanged.Contains(mask) ? 1 : 0, Math.Max(_options.BoxNmsThreshold, _options.CropNmsThreshold));
    }

    /// <summary>Counts points over all crops.</summary>
    private sealed class Progress(IProgress<MaskGeneratorProgress>? listener, int points)
    {
        private int _done;

        public void Add(int count, int masks)
        {
            _done += count;
            listener?.Report(new MaskGeneratorProgress(_done, points, masks));
        }
    }
}

/// <summary>
/// From points on one crop to candidate masks in the image, filtered by predicted IoU, stability and whether the crop cuts them
/// off (sam2/automatic_mask_generator.py, <c>_process_batch</c>). To be called in inference mode.
/// </summary>
/// <param name="predictor">Has the crop set.</param>
/// <param name="options">The thresholds.</param>
/// <param name="crop">The crop.</param>
/// <param name="imageWidth">Width of the image.</param>
/// <param name="imageHeight">Height of the image.</param>
internal sealed class MaskCandidates(ImagePredictor predictor, MaskGeneratorOptions options, ImageCrop crop, int imageWidth, int imageHeight)
{
    /// <summary>Logits beyond it say no more, and the model never saw them as prompts.</summary>
    private const float MaxPromptLogit = 32;

    private LogitScan? _scan;

    /// <summary>The candidates of some points, in the order of the points, each point's in the model's order.</summary>
    /// <param name="points">Points in pixels of the crop.</param>
    public IReadOnlyList<GeneratedMask> FromPoints(PointPrompt[] points)
    {
        using var scope = NewDisposeScope();
        var (logits, ious) = predictor.PredictLowRes([.. points.Select(p => ObjectPrompt.FromPoints(p))], options.Multimask);
        var perPoint = (int)logits.size(1);
        logits = logits.flatten(0, 1);
        PointPrompt PointOf(int candidate) => points[candidate / perPoint];
        if (options.UseM2M)
        {
            var before = logits.clamp(Scalars.Of((double)-MaxPromptLogit), Scalars.Of((double)MaxPromptLogit));
            (logits, ious) = predictor.PredictLowRes(
                [.. Enumerable.Range(0, (int)before.size(0)).Select(i => ObjectPrompt.FromPoints(PointOf(i)) with { MaskLogits = before[i] })],
                multimask: false);
            logits = logits.flatten(0, 1);
        }

        var scores = TensorMemory.ToArray<float>(ious);
        var good = Enumerable.Range(0, scores.Length)
            .Where(i => options.PredIouThreshold <= 0 || scores[i] > options.PredIouThreshold).ToArray();
        if (good.Length == 0) return [];
        if (good.Length < scores.Length) logits = logits.index_select(0, tensor(good, dtype: int64).to(logits.device));
        if (options is { MinMaskRegionArea: > 0, RegionRemoval: RegionRemoval.LowResolution })
        {
            logits = MaskCleanup.FillHolesAndRemoveSprinkles(
                logits, options.MinMaskRegionArea, options.MinMaskRegionArea, options.MaskThreshold);
        }

        return Scan(logits, (i, mask) => Candidate(mask, scores[good[i]], PointOf(good[i])));
    }

    /// <summary>Finds the masks in the logits <c>[N, h, w]</c>, except those that aren't stable or that the crop cuts off.</summary>
    private IReadOnlyList<GeneratedMask> Scan(Tensor logits, Func<int, ScannedMask, GeneratedMask> candidate)
    {
        var placement = predictor.Placement();
        var atATime = placement.VisibleAtATime;
        if (logits.size(0) <= atATime) return ScanSome(placement, logits, candidate);
        var found = new List<GeneratedMask>();
        for (var first = 0; first < logits.size(0); first += atATime)
        {
            using var scope = NewDisposeScope();
            var start = first;
            found.AddRange(ScanSome(
                placement, logits.narrow(0, first, Math.Min(atATime, logits.size(0) - first)), (i, mask) => candidate(start + i, mask)));
        }

        return found;
    }

    private IReadOnlyList<GeneratedMask> ScanSome(PicturePlacement placement, Tensor logits, Func<int, ScannedMask, GeneratedMask> candidate)
    {
        logits = placement.Visible(logits.unsqueeze(1)).squeeze(1).cpu().contiguous();
        var (sourceHeight, sourceWidth) = ((int)logits.size(1), (int)logits.size(2));
        _scan ??= new LogitScan(
            sourceHeight, sourceWidth, crop.Height, crop.Width, options.MaskThreshold, options.StabilityScoreOffset);
        var found = new GeneratedMask?[logits.size(0)];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        Parallel.For(0, found.Length, parallel, () => new MaskRuns(crop.Height), (i, _, runs) =>
        {
            // One matrix at a time, which libtorch transposes by squares that fit into the cache.
            using var rows = logits[i];
            using var columns = rows.t();
            using var contiguous = columns.contiguous();
            var mask = _scan.Scan(TensorMemory.Span<float>(contiguous), runs);
            var stable = options.StabilityScoreThreshold <= 0 || mask.Stability >= options.StabilityScoreThreshold;
            if (stable && !crop.CutsOff(runs.Box, imageWidth, imageHeight)) found[i] = candidate(i, mask);
            return runs;
        }, _ => { });
        return [.. found.OfType<GeneratedMask>()];
    }

    private GeneratedMask Candidate(ScannedMask mask, float iou, PointPrompt point)
    {
        var box = mask.Runs.Box;
        return new GeneratedMask(
            mask.Runs.ToRle(crop.X, crop.Y, imageHeight, imageWidth),
            (box.X0 + crop.X, box.Y0 + crop.Y, box.X1 - box.X0, box.Y1 - box.Y0),
            iou, (point.X + crop.X, point.Y + crop.Y), mask.Stability, crop);
    }
}
