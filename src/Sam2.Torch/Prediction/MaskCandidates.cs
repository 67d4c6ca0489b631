using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

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
        var perPoint = (int)logits.shape[1];
        logits = logits.flatten(0, 1);
        PointPrompt PointOf(int candidate) => points[candidate / perPoint];
        if (options.UseM2M)
        {
            var before = logits.clamp(-MaxPromptLogit, MaxPromptLogit);
            (logits, ious) = predictor.PredictLowRes(
                [.. Enumerable.Range(0, (int)before.shape[0]).Select(i => ObjectPrompt.FromPoints(PointOf(i)) with { MaskLogits = before[i] })],
                multimask: false);
            logits = logits.flatten(0, 1);
        }

        var scores = TensorMemory.ToArray<float>(ious);
        var good = Enumerable.Range(0, scores.Length)
            .Where(i => options.PredIouThreshold <= 0 || scores[i] > options.PredIouThreshold).ToArray();
        if (good.Length == 0) return [];
        logits = logits.index_select(0, tensor(good, dtype: int64).to(logits.device));
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
        var (sourceHeight, sourceWidth) = ((int)logits.shape[1], (int)logits.shape[2]);
        _scan ??= new LogitScan(
            sourceHeight, sourceWidth, crop.Height, crop.Width, options.MaskThreshold, options.StabilityScoreOffset);
        var columns = TensorMemory.ToArray<float>(logits.transpose(1, 2));
        var size = sourceHeight * sourceWidth;
        var found = new GeneratedMask?[logits.shape[0]];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        Parallel.For(0, found.Length, parallel, () => new MaskRuns(crop.Height), (i, _, runs) =>
        {
            var mask = _scan.Scan(columns.AsSpan(i * size, size), runs);
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
