using System.Text.Json;
using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>The constants of <see cref="DistractorAwareMemory"/>; the paper's unless said otherwise.</summary>
public sealed record DistractorAwareOptions
{
    /// <summary>Slots of the recent appearance memory: half of the memory.</summary>
    public int Recent { get; init; } = 3;

    /// <summary>Slots of the distractor resolving memory beside the prompted frames: the other half.</summary>
    public int Anchors { get; init; } = 3;

    /// <summary>Frames from one update of either memory to the next, Δ.</summary>
    public int Interval { get; init; } = 5;

    /// <summary>Predicted IoU above which a frame may become an anchor, θ_IoU.</summary>
    public double MinIou { get; init; } = 0.8;

    /// <summary>By how much the area of an anchor's mask may differ from the median, as a share of it, θ_area.</summary>
    public double AreaTolerance { get; init; } = 0.2;

    /// <summary>Over how many frames on which the object was visible the median goes, N_med.</summary>
    public int MedianFrames { get; init; } = 10;

    /// <summary>A distractor is present where the box around the mask and a rejected one overlaps the mask's by no more than this IoU, θ_anc.</summary>
    public double MaxOverlap { get; init; } = 0.7;
}

/// <summary>
/// DAM4SAM (Videnovic, Lukezic and Kristan, "A Distractor-Aware Memory for Visual Object Tracking with SAM2", arXiv 2411.17576): half of the memory
/// holds recent appearances, never of frames on which the object is hidden; the other half holds anchors, frames on which the object was told apart from
/// something that looks like it. A distractor shows itself in the masks that the decoder proposes and that aren't taken.
/// </summary>
/// <remarks>
/// The recent half is the frame before, or the last one on which the object was visible, and earlier frames whose index is a multiple of the
/// interval. Anchors have no position in time, and the oldest gives way to a new one. The public code differs from the text, which is followed: while
/// there are fewer anchors than slots, recent frames take their place, and the current frame counts in the median. Masks are compared in pixels of
/// the decoder's, not of the picture, and the object pointers of anchors are attended to as those of prompted frames, as in the public code.
/// </remarks>
public sealed class DistractorAwareMemory : ScoredMemoryBank
{
    private readonly DistractorAwareOptions _options;
    private readonly List<int> _anchors = [];
    private readonly List<long> _areas = [];
    private int? _lastAnchor;
    private int? _candidate;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="options">The constants; the paper's when null.</param>
    /// <exception cref="ArgumentException">A constant is out of range; the message names it.</exception>
    public DistractorAwareMemory(Sam2Config config, DistractorAwareOptions? options = null)
        : base(config)
    {
        _options = options ?? new();
        PolicyRange.Require(nameof(DistractorAwareOptions.Recent), _options.Recent, 1, 64);
        PolicyRange.Require(nameof(DistractorAwareOptions.Anchors), _options.Anchors, 0, 64);
        PolicyRange.Require(nameof(DistractorAwareOptions.Interval), _options.Interval, 1, 100_000);
        PolicyRange.Require(nameof(DistractorAwareOptions.MinIou), _options.MinIou, 0, 1);
        PolicyRange.Require(nameof(DistractorAwareOptions.AreaTolerance), _options.AreaTolerance, 0, 1000);
        PolicyRange.Require(nameof(DistractorAwareOptions.MedianFrames), _options.MedianFrames, 1, 10_000);
        PolicyRange.Require(nameof(DistractorAwareOptions.MaxOverlap), _options.MaxOverlap, 0, 1);
    }

    /// <summary>The anchors, the oldest first.</summary>
    public IReadOnlyList<int> Anchors => _anchors;

    /// <inheritdoc/>
    public override void OnPrompted(int frame)
    {
        base.OnPrompted(frame);
        _areas.Clear();
        if (Find(frame) is { } output) Note(Area(output.MaskLogits));
    }

    /// <inheritdoc/>
    public override MemorySelection Select(Sam2Config config, FramePosition at, bool training)
    {
        var anchors = _anchors.Where(frame => frame != at.Frame && HasOther(frame)).ToList();
        var selection = Selection(at, anchors, Recent(Behind(at)));
        if (!Config.UseObjPtrsInEncoder) return selection;

        var known = selection.Pointers.Where(p => !p.Conditioning).Select(p => p.Frame).ToHashSet();
        var direction = at.Reverse ? -1 : 1;
        var more = anchors.Where(frame => !known.Contains(frame) && (at.Frame - frame) * direction > 0)
            .Select(frame => new MemoryReference(frame, Conditioning: false, Math.Abs(at.Frame - frame)));
        return selection with { Pointers = [.. selection.Pointers, .. more] };
    }

    /// <inheritdoc/>
    protected override (int Mask, double? Motion, bool IsEmpty) Choose(
        FramePosition at, MaskCandidates candidates, IReadOnlyList<float> ious, double objectScore)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var chosen = Best(ious);
        var area = Area(candidates.Masks.narrow(1, chosen, 1));
        var steady = area > 0 && _areas.Count > 0 && Math.Abs(area - Median(_areas)) <= _options.AreaTolerance * Median(_areas);
        var due = _lastAnchor is not { } last || Math.Abs(at.Frame - last) > _options.Interval;
        if (_options.Anchors > 0 && due && steady && ious[chosen] > _options.MinIou && HasDistractor(candidates.Masks[0], chosen)) _candidate = at.Frame;
        if (area > 0) Note(area);
        return (chosen, null, area == 0);
    }

    /// <inheritdoc/>
    protected override void OnAdded(int frame, FrameScores scores)
    {
        // A frame that is tracked anew is judged anew.
        _anchors.Remove(frame);
        if (_candidate == frame)
        {
            _anchors.Add(frame);
            if (_anchors.Count > _options.Anchors) _anchors.RemoveAt(0);
            _lastAnchor = frame;
        }

        _candidate = null;
    }

    /// <inheritdoc/>
    protected override IEnumerable<int> KeptFrames(int newest)
    {
        _anchors.RemoveAll(anchor => !HasOther(anchor));
        // What the next frame attends to, whichever way tracking goes: a multiple of the interval more than that, as the nearest frame may be one itself.
        var visible = OtherFrames.Where(frame => !Scores(frame).IsEmpty && !_anchors.Contains(frame)).ToList();
        IEnumerable<int> Side(IEnumerable<int> frames)
        {
            var nearestFirst = frames.ToList();
            return nearestFirst.Take(1).Concat(nearestFirst.Where(OnInterval).Take(_options.Recent + 1));
        }

        return [.. _anchors, .. Side(visible.Where(frame => frame <= newest).Reverse()), .. Side(visible.Where(frame => frame >= newest))];
    }

    /// <inheritdoc/>
    protected override string SaveOwnState() => JsonSerializer.Serialize(new SavedState([.. _anchors], [.. _areas], _lastAnchor));

    /// <inheritdoc/>
    protected override void RestoreOwnState(string text)
    {
        var saved = JsonSerializer.Deserialize<SavedState>(text)!;
        _anchors.Clear();
        _anchors.AddRange(saved.Anchors);
        _areas.Clear();
        _areas.AddRange(saved.Areas);
        _lastAnchor = saved.LastAnchor;
    }

    /// <summary>The recent appearance memory, the latest first.</summary>
    private List<int> Recent(IEnumerable<int> behind)
    {
        var visible = behind.Where(frame => !Scores(frame).IsEmpty && !_anchors.Contains(frame)).ToList();
        return [.. visible.Take(1).Concat(visible.Skip(1).Where(OnInterval)).Take(_options.Recent)];
    }

    private bool OnInterval(int frame) => frame % _options.Interval == 0;

    /// <summary>
    /// Whether a rejected mask shows something else than the chosen one: the box around both would be much larger than the chosen one's.
    /// </summary>
    private bool HasDistractor(Tensor logits, int chosen)
    {
        using var scope = NewDisposeScope();
        if (MaskBox.Of(logits.narrow(0, chosen, 1))[0] is not { } box) return false;
        var taken = logits[chosen].gt(Scalars.Of(0));
        for (var i = 0; i < logits.size(0); i++)
        {
            if (i == chosen) continue;
            var rest = BinaryMask.FromTensor(logits[i].gt(Scalars.Of(0)).logical_and(taken.logical_not()));
            if (LargestPart(rest) is { } other && box.Iou(box.Union(other)) <= _options.MaxOverlap) return true;
        }

        return false;
    }

    /// <summary>The box of the largest connected part of a mask; null for an empty one.</summary>
    private static MaskBox? LargestPart(BinaryMask mask)
    {
        var (labels, areas) = ConnectedComponents.Label(mask);
        if (areas.Length == 0) return null;
        var largest = 1 + Array.IndexOf(areas, areas.Max());
        var (left, top, right, bottom) = (mask.Width, mask.Height, 0, 0);
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] != largest) continue;
            var (x, y) = (i % mask.Width, i / mask.Width);
            (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x + 1), Math.Max(bottom, y + 1));
        }

        return new MaskBox(left, top, right, bottom);
    }

    private void Note(long area)
    {
        if (area == 0) return;
        _areas.Add(area);
        if (_areas.Count > _options.MedianFrames) _areas.RemoveAt(0);
    }

    private static long Area(Tensor logits)
    {
        using var scope = NewDisposeScope();
        return logits.gt(Scalars.Of(0)).sum().item<long>();
    }

    private static double Median(IReadOnlyList<long> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2.0;
    }

    private sealed record SavedState(int[] Anchors, long[] Areas, int? LastAnchor);
}
