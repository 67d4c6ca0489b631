using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>Which candidates on a frame are objects that aren't tracked yet.</summary>
internal static class NewObjects
{
    /// <summary>Selects candidates, the best first.</summary>
    /// <param name="candidates">What the mask generator found on the frame.</param>
    /// <param name="tracked">The masks of the tracked objects on the frame.</param>
    /// <param name="places">How many more objects can be tracked.</param>
    /// <param name="options">The limits of overlap.</param>
    public static IReadOnlyList<GeneratedMask> Select(
        IEnumerable<GeneratedMask> candidates, IReadOnlyCollection<CocoRle> tracked, int places, VideoMaskGeneratorOptions options)
    {
        var covered = tracked.Count > 0 ? CocoRle.Merge([.. tracked]) : null;
        var known = tracked.ToList();
        var selected = new List<GeneratedMask>();
        foreach (var candidate in candidates.Where(c => c.Area > 0).OrderByDescending(c => c.PredictedIou * c.StabilityScore))
        {
            if (selected.Count >= places) break;
            if (covered is not null && candidate.Segmentation.Iou(covered, crowd: true) > options.MaxCovered) continue;
            if (known.Exists(mask => mask.Iou(candidate.Segmentation) > options.DuplicateIou)) continue;
            known.Add(candidate.Segmentation);
            selected.Add(candidate);
        }

        return selected;
    }
}
