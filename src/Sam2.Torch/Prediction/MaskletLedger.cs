using System.Text.Json.Serialization;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Prediction;

/// <summary>What is known of an object that a <see cref="VideoMaskGenerator"/> follows or has followed.</summary>
/// <param name="Id">Its number, from 1 in the order in which objects were found.</param>
/// <param name="FirstFrame">The frame on which it was found.</param>
/// <param name="LastFrame">The last frame on which it was visible.</param>
/// <param name="VisibleFrames">On how many frames it was visible.</param>
/// <param name="PredictedIou">The quality of its first mask as the model predicts it, 0 to 1.</param>
/// <param name="Stability">The mean stability score of its masks, 0 to 1.</param>
/// <param name="Verdict">Whether it is worth keeping, as far as it is known yet.</param>
public sealed record Masklet(
    int Id, int FirstFrame, int LastFrame, int VisibleFrames, float PredictedIou, double Stability, MaskletVerdict Verdict);

/// <summary>What a <see cref="VideoMaskGenerator"/> thinks of a masklet.</summary>
public enum MaskletVerdict
{
    /// <summary>It is worth keeping.</summary>
    Keep,

    /// <summary>It shows the same object as another one.</summary>
    Duplicate,

    /// <summary>It is visible on too few frames.</summary>
    TooShort,

    /// <summary>Its masks depend too much on the threshold.</summary>
    Unstable,
}

/// <summary>The objects that a <see cref="VideoMaskGenerator"/> sees on a frame. Managed memory only.</summary>
/// <param name="Frame">Index of the frame.</param>
/// <param name="Masks">The objects that are visible. Whether a masklet is worth keeping is known at the end only.</param>
public sealed record MaskletFrame(int Frame, IReadOnlyList<MaskletFrameMask> Masks);

/// <summary>An object's mask on a frame.</summary>
/// <param name="MaskletId">The object's number.</param>
/// <param name="Mask">Its mask at the video's size.</param>
/// <param name="ObjectScore">Logit of the object being visible.</param>
/// <param name="Stability">The mask's stability score, 0 to 1.</param>
public sealed record MaskletFrameMask(int MaskletId, CocoRle Mask, float ObjectScore, float Stability);

/// <summary>
/// Keeps account of masklets: how long and how stable they are, and how much they overlap over time. It holds numbers, not masks,
/// so a video of any length takes constant memory for what is tracked at a time.
/// </summary>
internal sealed class MaskletLedger(VideoMaskGeneratorOptions options)
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<(int Older, int Younger), Overlap> _overlaps = [];

    /// <summary>Every masklet, in the order in which they were found.</summary>
    public IReadOnlyList<Masklet> Masklets => _entries.ConvertAll(Describe);

    /// <summary>The masklets that are being tracked.</summary>
    public IReadOnlyList<int> Active => [.. _entries.Where(e => e.IsActive).Select(e => e.Id)];

    /// <summary>Begins a masklet.</summary>
    /// <returns>Its number.</returns>
    public int Add(int frame, float predictedIou)
    {
        _entries.Add(new Entry { Id = _entries.Count + 1, FirstFrame = frame, LastFrame = frame, PredictedIou = predictedIou, IsActive = true });
        return _entries[^1].Id;
    }

    /// <summary>Takes account of a frame.</summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="visible">The masks of the active masklets that are visible.</param>
    /// <returns>Masklets that are to be given up, because they are lost or duplicates.</returns>
    public IReadOnlyList<int> Update(int frame, IReadOnlyList<MaskletFrameMask> visible)
    {
        foreach (var mask in visible)
        {
            var entry = _entries[mask.MaskletId - 1];
            entry.LastFrame = frame;
            entry.VisibleFrames++;
            entry.StabilitySum += mask.Stability;
        }

        AddOverlaps(visible);
        foreach (var ((older, younger), overlap) in _overlaps)
        {
            if (overlap.Frames < options.DuplicateFrames || overlap.Intersection <= options.DuplicateIou * overlap.Union) continue;
            // A duplicate of a duplicate may be an object of its own.
            if (_entries[older - 1].IsDuplicate) continue;
            _entries[younger - 1].IsDuplicate = true;
        }

        var ended = _entries.Where(e => e.IsActive && (e.IsDuplicate || frame - e.LastFrame >= options.LostAfter)).ToList();
        foreach (var entry in ended)
        {
            entry.IsActive = false;
            foreach (var pair in _overlaps.Keys.Where(p => p.Older == entry.Id || p.Younger == entry.Id).ToList()) _overlaps.Remove(pair);
        }

        return ended.ConvertAll(e => e.Id);
    }

    /// <summary>What <see cref="Restore"/> needs.</summary>
    public Snapshot Save() => new([.. _entries], [.. _overlaps.Select(o => new PairOverlap(o.Key.Older, o.Key.Younger, o.Value))]);

    /// <summary>Puts an empty ledger into a saved state.</summary>
    public void Restore(Snapshot snapshot)
    {
        _entries.AddRange(snapshot.Entries);
        foreach (var pair in snapshot.Overlaps) _overlaps.Add((pair.Older, pair.Younger), pair.Overlap);
    }

    /// <summary>Adds a frame to what every two active masklets have in common. One that is hidden has no pixels.</summary>
    private void AddOverlaps(IReadOnlyList<MaskletFrameMask> visible)
    {
        var masks = visible.ToDictionary(mask => mask.MaskletId, mask => mask.Mask);
        var areas = masks.ToDictionary(mask => mask.Key, mask => mask.Value.Area);
        var active = Active;
        for (var i = 0; i < active.Count; i++)
        {
            for (var j = i + 1; j < active.Count; j++)
            {
                var (a, b) = (masks.GetValueOrDefault(active[i]), masks.GetValueOrDefault(active[j]));
                if (a is null && b is null) continue;
                var union = areas.GetValueOrDefault(active[i]) + areas.GetValueOrDefault(active[j]);
                var intersection = a is null || b is null ? 0 : RleScan.IntersectionArea(a.Runs, b.Runs);
                var known = _overlaps.GetValueOrDefault((active[i], active[j]));
                _overlaps[(active[i], active[j])] =
                    new(known.Intersection + intersection, known.Union + union - intersection, known.Frames + 1);
            }
        }
    }

    private Masklet Describe(Entry entry)
    {
        var stability = entry.VisibleFrames == 0 ? 0 : entry.StabilitySum / entry.VisibleFrames;
        var verdict = entry.IsDuplicate ? MaskletVerdict.Duplicate
            : entry.VisibleFrames < options.MinLength ? MaskletVerdict.TooShort
            : stability < options.MinStability ? MaskletVerdict.Unstable
            : MaskletVerdict.Keep;
        return new(entry.Id, entry.FirstFrame, entry.LastFrame, entry.VisibleFrames, entry.PredictedIou, stability, verdict);
    }

    /// <summary>The account of one masklet.</summary>
    internal sealed class Entry
    {
        public int Id { get; init; }

        public int FirstFrame { get; init; }

        public int LastFrame { get; set; }

        public int VisibleFrames { get; set; }

        public float PredictedIou { get; init; }

        public double StabilitySum { get; set; }

        public bool IsActive { get; set; }

        public bool IsDuplicate { get; set; }
    }

    /// <summary>What two masklets share, summed over frames.</summary>
    internal readonly record struct Overlap(long Intersection, long Union, int Frames);

    /// <summary>The overlap of two masklets.</summary>
    internal sealed record PairOverlap(int Older, int Younger, Overlap Overlap);

    /// <summary>The whole account, as it is stored.</summary>
    internal sealed record Snapshot(IReadOnlyList<Entry> Entries, IReadOnlyList<PairOverlap> Overlaps)
    {
        /// <summary>Whether masklets are numbered from 1 on, and pairs are two of them, each pair once.</summary>
        [JsonIgnore]
        public bool IsSound =>
            Entries.Index().All(entry => entry.Item?.Id == entry.Index + 1)
            && Overlaps.All(pair => pair is not null && pair.Older >= 1 && pair.Older < pair.Younger && pair.Younger <= Entries.Count)
            && Overlaps.DistinctBy(pair => (pair.Older, pair.Younger)).Count() == Overlaps.Count;
    }
}

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
