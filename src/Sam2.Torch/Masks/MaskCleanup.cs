using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Masks;

/// <summary>Fills small holes of masks and removes small specks, on logits and on binary masks. Needs no CUDA extension.</summary>
public static class MaskCleanup
{
    private const double VideoHoleScore = 0.1;
    private const double ImageMargin = 10;

    /// <summary>
    /// The video predictor's hole filling (<c>sam2/utils/misc.py</c>, <c>fill_holes_in_mask_scores</c>): 8-connected background
    /// components (score ≤ 0) of at most <paramref name="maxArea"/> pixels get the score 0.1. The background that surrounds an
    /// object counts as a component like any other, so a mask that fills nearly the whole picture fills it entirely.
    /// </summary>
    /// <param name="scores">Mask logits <c>[N, 1, H, W]</c>, any floating type and device; not changed.</param>
    /// <param name="maxArea">Largest area in pixels that counts as a hole; 0 or less fills nothing.</param>
    /// <returns>New logits of the same shape, type and device.</returns>
    public static Tensor FillHolesInMaskScores(Tensor scores, double maxArea)
    {
        ArgumentNullException.ThrowIfNull(scores);
        using var scope = NewDisposeScope();
        var holes = maxArea > 0 ? SmallComponents(scores.le(Scalars.Of(0)), maxArea) : null;
        return (holes is null ? scores.alias() : scores.masked_fill(holes, Scalars.Of(VideoHoleScore))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The image predictor's cleaning (<c>sam2/utils/transforms.py</c>, <c>postprocess_masks</c>), before masks are resized:
    /// holes of at most <paramref name="maxHoleArea"/> pixels become threshold + 10, then specks of at most
    /// <paramref name="maxSprinkleArea"/> pixels become threshold − 10. Both are looked for in the logits as given.
    /// </summary>
    /// <param name="logits">Mask logits <c>[..., H, W]</c>, any floating type and device; not changed.</param>
    /// <param name="maxHoleArea">Largest area of a hole in pixels; 0 leaves holes.</param>
    /// <param name="maxSprinkleArea">Largest area of a speck in pixels; 0 leaves specks.</param>
    /// <param name="threshold">Logits above it are foreground.</param>
    /// <returns>New logits of the same shape, type and device.</returns>
    public static Tensor FillHolesAndRemoveSprinkles(Tensor logits, double maxHoleArea, double maxSprinkleArea, double threshold = 0)
    {
        ArgumentNullException.ThrowIfNull(logits);
        using var scope = NewDisposeScope();
        var holes = maxHoleArea > 0 ? SmallComponents(logits.le(Scalars.Of(threshold)), maxHoleArea) : null;
        var specks = maxSprinkleArea > 0 ? SmallComponents(logits.gt(Scalars.Of(threshold)), maxSprinkleArea) : null;
        var cleaned = logits.alias();
        if (holes is not null)
        {
            cleaned = cleaned.masked_fill(holes, Scalars.Of(threshold + ImageMargin));
        }

        if (specks is not null)
        {
            cleaned = cleaned.masked_fill(specks, Scalars.Of(threshold - ImageMargin));
        }

        return cleaned.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Removes small regions of a binary mask as the automatic mask generator does (<c>sam2/utils/amg.py</c>,
    /// <c>remove_small_regions</c>). When every island is small, the largest is kept.
    /// </summary>
    /// <param name="mask">The mask; not changed.</param>
    /// <param name="minArea">Regions with fewer pixels are small.</param>
    /// <param name="regions">Whether holes are filled or islands removed.</param>
    /// <returns>The mask (the same object if nothing was small) and whether it was changed.</returns>
    public static (BinaryMask Mask, bool Changed) RemoveSmallRegions(BinaryMask mask, double minArea, SmallRegions regions)
    {
        ArgumentNullException.ThrowIfNull(mask);
        bool fillsHoles = regions == SmallRegions.Holes;
        var components = new RunComponents();
        components.Find(mask.Data, mask.Height, mask.Width, fillsHoles ? (byte)0 : (byte)1);
        if (!components.Areas.Any(area => area < minArea))
        {
            return (mask, false);
        }

        long largest = components.Areas.Max();
        int kept = !fillsHoles && largest < minArea ? IndexOf(components.Areas, largest) : -1;
        var cleaned = mask.Clone();
        for (int i = 0; i < components.RunCount; i++)
        {
            var (run, component) = components[i];
            if (components.Areas[component] < minArea && component != kept)
            {
                cleaned.Data.AsSpan(run.Start, run.Length).Fill(fillsHoles ? (byte)1 : (byte)0);
            }
        }

        return (cleaned, true);
    }

    /// <summary>A bool tensor that marks the components of at most <paramref name="maxArea"/> pixels; null if there are none.</summary>
    private static Tensor? SmallComponents(Tensor mask, double maxArea)
    {
        if (mask.device_type != DeviceType.CPU && maxArea <= DeviceComponents.MaxArea) return DeviceComponents.Mark(mask, maxArea);
        var values = mask.detach().cpu().contiguous();
        long[] shape = mask.shape;
        int height = checked((int)shape[^2]);
        int width = checked((int)shape[^1]);
        int size = height * width;
        long count = values.NumberOfElements / Math.Max(size, 1);
        var flat = values.reshape(count, size);
        Tensor? marked = null;
        var components = new RunComponents();
        for (long n = 0; n < count; n++)
        {
            components.Find(flat[n].bytes, height, width, 1);
            if (!components.Areas.Any(area => area <= maxArea))
            {
                continue;
            }

            marked ??= torch.zeros(count, size, dtype: ScalarType.Bool);
            var target = marked[n].bytes;
            for (int i = 0; i < components.RunCount; i++)
            {
                var (run, component) = components[i];
                if (components.Areas[component] <= maxArea)
                {
                    target.Slice(run.Start, run.Length).Fill(1);
                }
            }
        }

        return marked?.reshape(shape).to(mask.device);
    }

    private static int IndexOf(IReadOnlyList<long> values, long wanted)
    {
        int i = 0;
        while (values[i] != wanted)
        {
            i++;
        }

        return i;
    }
}

/// <summary>Which small regions of a mask are to be cleaned up.</summary>
public enum SmallRegions
{
    /// <summary>Background enclosed or isolated in small pieces: it becomes part of the mask.</summary>
    Holes,

    /// <summary>Foreground in small pieces: it is removed.</summary>
    Islands,
}
