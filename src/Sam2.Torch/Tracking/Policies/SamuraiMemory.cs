using System.Text.Json;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>The constants of <see cref="SamuraiMemory"/>.</summary>
public sealed record SamuraiOptions
{
    /// <summary>
    /// Weight of the agreement with the expected box in the choice of a mask, the paper's α_kf; the rest is that of the predicted IoU. The
    /// public code has 0.15 for the large model and 0.25 for the three smaller ones.
    /// </summary>
    public double MotionWeight { get; init; } = 0.15;

    /// <summary>Frames in a row on which the object has to be found before its movement counts, the paper's τ_kf.</summary>
    public int StableFrames { get; init; } = 15;

    /// <summary>Predicted IoU from which the object counts as found; the public code's, as the paper gives none.</summary>
    public double StableIou { get; init; } = 0.3;

    /// <summary>A frame is remembered if the predicted IoU of its mask is above this, the paper's τ_mask.</summary>
    public double MaskThreshold { get; init; } = 0.5;

    /// <summary>… and the logit of the object being visible above this, τ_obj …</summary>
    public double ObjectThreshold { get; init; }

    /// <summary>… and its agreement with the expected box above this, τ_kf of the memory. Frames on which nothing was expected pass.</summary>
    public double MotionThreshold { get; init; }

    /// <summary>How many frames back memories are looked for, the paper's N_max, to which it gives no number; 0 for all.</summary>
    public int LookBack { get; init; }
}

/// <summary>
/// SAMURAI (Yang et al., "SAMURAI: Adapting Segment Anything Model for Zero-Shot Visual Tracking with Motion-Aware Memory", arXiv 2411.11922): a
/// Kalman filter expects a box, the mask is chosen by its agreement with the box and by its predicted IoU, and only frames that pass
/// thresholds for mask, object and motion are attended to.
/// </summary>
/// <remarks>
/// The public code differs from the text, which is followed: its filter has the ratio of width to height in place of the width; the
/// frame before is always attended to, whatever its scores, and the second frame of the video never; frames below an object score of −1 rather than 0
/// count as hidden, by which masks of barely visible objects are shown. Where the text is silent: an empty mask counts as the object not being found,
/// while the code tells the filter of a box in the corner; a prompt starts the filter at its mask; object pointers are those of SAM 2. Boxes are
/// measured in pixels of the low-resolution mask.
/// </remarks>
public sealed class SamuraiMemory : ScoredMemoryBank
{
    private readonly SamuraiOptions _options;
    private KalmanBoxFilter? _filter;
    private int _stable;
    private int _last;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="options">The constants; the paper's when null.</param>
    /// <exception cref="ArgumentException">A constant is out of range; the message names it.</exception>
    public SamuraiMemory(Sam2Config config, SamuraiOptions? options = null)
        : base(config)
    {
        _options = options ?? new();
        PolicyRange.Require(nameof(SamuraiOptions.MotionWeight), _options.MotionWeight, 0, 1);
        PolicyRange.Require(nameof(SamuraiOptions.StableFrames), _options.StableFrames, 1, 100_000);
        PolicyRange.Require(nameof(SamuraiOptions.StableIou), _options.StableIou, 0, 1);
        PolicyRange.Require(nameof(SamuraiOptions.MaskThreshold), _options.MaskThreshold, 0, 1);
        PolicyRange.Require(nameof(SamuraiOptions.ObjectThreshold), _options.ObjectThreshold, -1000, 1000);
        PolicyRange.Require(nameof(SamuraiOptions.MotionThreshold), _options.MotionThreshold, 0, 1);
        PolicyRange.Require(nameof(SamuraiOptions.LookBack), _options.LookBack, 0, int.MaxValue);
    }

    /// <summary>The box that is expected, in pixels of the low-resolution mask; null while there is none.</summary>
    public MaskBox? ExpectedBox => _filter?.Box;

    /// <summary>On how many frames in a row the object was found.</summary>
    public int FramesFound => _stable;

    /// <inheritdoc/>
    public override void OnPrompted(int frame)
    {
        base.OnPrompted(frame);
        if (Find(frame) is { } output && MaskBox.Of(output.MaskLogits[0])[0] is { } box) Begin(box, frame);
    }

    /// <inheritdoc/>
    public override MemorySelection Select(Sam2Config config, FramePosition at, bool training) =>
        Selection(at, [], [.. Behind(at).Where(frame => IsGood(frame) && IsNear(frame, at.Frame)).Take(MemorySlots)]);

    /// <inheritdoc/>
    protected override (int Mask, double? Motion, bool IsEmpty) Choose(
        FramePosition at, MaskCandidates candidates, IReadOnlyList<float> ious, double objectScore)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var boxes = MaskBox.Of(candidates.Masks[0]);
        var usual = Best(ious);
        if (_filter is null || _stable == 0 || Math.Abs(at.Frame - _last) != 1)
        {
            // Nothing is known of the movement: the object was lost, or tracking goes on elsewhere.
            (_filter, _stable) = (null, 0);
            if (boxes[usual] is { } box) Begin(box, at.Frame);
            return (usual, null, boxes[usual] is null);
        }

        _filter.Predict();
        _last = at.Frame;
        var chosen = usual;
        double? motion = null;
        if (_stable >= _options.StableFrames)
        {
            var expected = _filter.Box;
            double Agreement(int mask) => boxes[mask] is { } box ? expected.Iou(box) : 0;
            chosen = Enumerable.Range(0, ious.Count)
                .MaxBy(mask => _options.MotionWeight * Agreement(mask) + (1 - _options.MotionWeight) * ious[mask]);
            motion = Agreement(chosen);
        }

        if (boxes[chosen] is { } seen && ious[chosen] > _options.StableIou)
        {
            _filter.Update(seen);
            _stable++;
        }
        else
        {
            _stable = 0;
        }

        return (chosen, motion, boxes[chosen] is null);
    }

    /// <inheritdoc/>
    protected override IEnumerable<int> KeptFrames(int newest)
    {
        // In both directions, because the next walk may go either way.
        var good = OtherFrames.Where(IsGood).ToList();
        return [.. good.Where(frame => frame <= newest).TakeLast(MemorySlots), .. good.Where(frame => frame > newest).Take(MemorySlots)];
    }

    /// <inheritdoc/>
    protected override string SaveOwnState() => JsonSerializer.Serialize(new SavedState(_filter?.Numbers, _stable, _last));

    /// <inheritdoc/>
    protected override void RestoreOwnState(string text)
    {
        var saved = JsonSerializer.Deserialize<SavedState>(text)!;
        (_filter, _stable, _last) = (saved.Filter is null ? null : new KalmanBoxFilter(saved.Filter), saved.Stable, saved.Last);
    }

    private void Begin(MaskBox box, int frame) => (_filter, _stable, _last) = (new KalmanBoxFilter(box), 1, frame);

    private bool IsGood(int frame)
    {
        var scores = Scores(frame);
        return scores.Iou > _options.MaskThreshold && scores.ObjectScore > _options.ObjectThreshold
            && (scores.Motion is not { } motion || motion > _options.MotionThreshold);
    }

    private bool IsNear(int frame, int at) => _options.LookBack == 0 || Math.Abs(frame - at) <= _options.LookBack;

    private sealed record SavedState(double[]? Filter, int Stable, int Last);
}

/// <summary>Checks the constants of memory policies.</summary>
internal static class PolicyRange
{
    /// <exception cref="ArgumentException">The number is out of range.</exception>
    public static void Require(string name, double value, double low, double high)
    {
        if (value >= low && value <= high) return;
        throw new ArgumentException(string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{Spelling.InFiles(name)} is {value}; give a number from {low} to {high}."));
    }
}
