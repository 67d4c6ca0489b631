using System.Text.Json;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>What is known of how well an object was tracked on a frame.</summary>
/// <param name="Iou">Predicted IoU of the mask that was taken (mask affinity in SAMURAI), from 0 to 1; 1 for the answer to a prompt.</param>
/// <param name="ObjectScore">Logit of the object being visible.</param>
/// <param name="Motion">How well the mask agrees with the expected movement, from 0 to 1; null where nothing was expected.</param>
/// <param name="IsEmpty">Whether the mask has no pixel, if the policy looked.</param>
public readonly record struct FrameScores(double Iou, double ObjectScore, double? Motion = null, bool IsEmpty = false);

/// <summary>
/// What memory policies share that judge frames: the scores of every frame that is remembered, the frames that stay, and both through a saved
/// and resumed run. Which frames are attended to is up to the derived class.
/// </summary>
/// <remarks>
/// Beside the frames that the derived class wants, the last ones stay, whose object pointers SAM 2 attends to, and those around the
/// first prompted frame, where tracking in the other direction begins: 15 and 6 for the published models.
/// </remarks>
public abstract class ScoredMemoryBank : MemoryBank, IMaskChooser, IStatefulMemoryPolicy
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly SortedDictionary<int, FrameScores> _scores = [];
    private (int Frame, FrameScores Scores)? _chosen;

    /// <summary>Creates an empty bank.</summary>
    /// <param name="config">The model's architecture.</param>
    protected ScoredMemoryBank(Sam2Config config)
        : base(capacity: int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
    }

    /// <summary>The model's architecture.</summary>
    protected Sam2Config Config { get; }

    /// <summary>Most memories of frames without a prompt that the model knows positions in time for.</summary>
    protected int MemorySlots => Config.NumMaskmem - 1;

    /// <summary>The scores of a remembered frame without a prompt.</summary>
    public FrameScores Scores(int frame) => _scores[frame];

    /// <inheritdoc/>
    public int Choose(FramePosition at, MaskCandidates candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var ious = candidates.Ious.to(TorchSharp.torch.float32).cpu().contiguous().data<float>().ToArray();
        var score = candidates.ObjectScores.item<float>();
        var (mask, motion, isEmpty) = Choose(at, candidates, ious, score);
        _chosen = (at.Frame, new FrameScores(ious[mask], score, motion, isEmpty));
        return mask;
    }

    /// <inheritdoc/>
    public override void Add(int frame, FrameOutput output, bool conditioning)
    {
        ArgumentNullException.ThrowIfNull(output);
        // A frame that nothing was chosen for answers a prompt.
        var scores = _chosen is { } chosen && chosen.Frame == frame ? chosen.Scores : new FrameScores(1, output.ObjectScore.item<float>());
        _chosen = null;
        base.Add(frame, output, conditioning);
        if (conditioning)
        {
            _scores.Remove(frame);
            return;
        }

        _scores[frame] = scores;
        OnAdded(frame, scores);
        var kept = KeptFrames(frame).Concat(Nearest(frame, Math.Max(Config.MaxObjPtrsInEncoder - 1, 1))).ToHashSet();
        if (ConditioningFrames.Count > 0) kept.UnionWith(Nearest(ConditioningFrames.Min(), MemorySlots));
        foreach (var other in OtherFrames.Where(other => !kept.Contains(other))) ForgetOthers(other, other);
        Sweep();
    }

    /// <inheritdoc/>
    public override void OnPrompted(int frame) => Sweep();

    /// <inheritdoc/>
    public override bool Demote(int frame)
    {
        // What was taken back is no good example.
        if (Find(frame) is { } output) _chosen = (frame, new FrameScores(0, output.ObjectScore.item<float>()));
        var conditioned = base.Demote(frame);
        _chosen = null;
        return conditioned;
    }

    /// <inheritdoc/>
    public MemoryPolicyState SaveState() => new(JsonSerializer.Serialize(new SavedState(
        [.. _scores.Select(s => new SavedScores(s.Key, s.Value.Iou, s.Value.ObjectScore, s.Value.Motion, s.Value.IsEmpty))], SaveOwnState()), Json));

    /// <inheritdoc/>
    public void Restore(MemoryPolicyState state, IReadOnlyList<(int Frame, FrameOutput Output, bool Conditioning)> frames)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(frames);
        var saved = JsonSerializer.Deserialize<SavedState>(state.Text, Json)!;
        foreach (var (frame, output, conditioning) in frames) base.Add(frame, output, conditioning);
        _scores.Clear();
        foreach (var s in saved.Scores) _scores[s.Frame] = new FrameScores(s.Iou, s.ObjectScore, s.Motion, s.IsEmpty);
        RestoreOwnState(saved.Own);
    }

    /// <summary>Chooses a mask, and says how it moved and whether it is empty. SAM 2's choice unless it is overridden.</summary>
    /// <param name="at">The frame.</param>
    /// <param name="candidates">The masks.</param>
    /// <param name="ious">Their predicted IoUs.</param>
    /// <param name="objectScore">Logit of the object being visible.</param>
    protected virtual (int Mask, double? Motion, bool IsEmpty) Choose(
        FramePosition at, MaskCandidates candidates, IReadOnlyList<float> ious, double objectScore) => (Best(ious), null, false);

    /// <summary>Is told of a frame without a prompt that was just added.</summary>
    protected virtual void OnAdded(int frame, FrameScores scores)
    {
    }

    /// <summary>Frames that have to stay, of <see cref="MemoryBank.OtherFrames"/>; a bounded number.</summary>
    /// <param name="newest">The frame that was just added.</param>
    protected abstract IEnumerable<int> KeptFrames(int newest);

    /// <summary>What the derived class knows beside frames and scores, as text.</summary>
    protected abstract string SaveOwnState();

    /// <summary>Takes over what <see cref="SaveOwnState"/> gave.</summary>
    protected abstract void RestoreOwnState(string text);

    /// <summary>Remembered frames without a prompt that come before a frame in the order of tracking, the nearest first.</summary>
    protected IEnumerable<int> Behind(FramePosition at) => at.Reverse
        ? OtherFrames.Where(other => other > at.Frame)
        : OtherFrames.Where(other => other < at.Frame).Reverse();

    /// <summary>Memories in the model's order: prompted frames as SAM 2 takes them, then the given others.</summary>
    /// <param name="at">The frame that attends.</param>
    /// <param name="timeless">Frames without a position in time, as if they were prompted.</param>
    /// <param name="recent">Frames with one, the latest first; it gets the position of the frame before.</param>
    protected MemorySelection Selection(FramePosition at, IEnumerable<int> timeless, IReadOnlyList<int> recent)
    {
        ArgumentNullException.ThrowIfNull(recent);
        var usual = base.Select(Config, at, training: false);
        return usual with
        {
            Memories =
            [
                .. usual.Memories.Where(m => m.Conditioning && m.Offset == 0),
                .. timeless.Select(frame => new MemoryReference(frame, Conditioning: false, Offset: 0)),
                .. recent.Take(MemorySlots).Select((frame, i) => new MemoryReference(frame, Conditioning: false, MemorySlots - i)).Reverse(),
            ],
        };
    }

    /// <summary>Index of the highest score; the first of equal ones.</summary>
    protected static int Best(IReadOnlyList<float> scores) => Enumerable.Range(0, scores.Count).MaxBy(i => scores[i]);

    private IEnumerable<int> Nearest(int frame, int count) =>
        OtherFrames.OrderByDescending(other => other).OrderBy(other => Math.Abs(other - frame)).Take(count);

    private void Sweep()
    {
        foreach (var frame in _scores.Keys.Where(frame => !HasOther(frame)).ToList()) _scores.Remove(frame);
    }

    private sealed record SavedState(IReadOnlyList<SavedScores> Scores, string Own);

    private sealed record SavedScores(int Frame, double Iou, double ObjectScore, double? Motion, bool IsEmpty);
}
