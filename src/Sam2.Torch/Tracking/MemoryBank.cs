using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tracking;

/// <summary>
/// SAM 2's memory of one object: its conditioning frames, and those of the other frames that are nearest to the one tracked last or to
/// the first conditioning frame, where tracking in the other direction begins. Frames attend to them as the original's do.
/// </summary>
public class MemoryBank : IMemoryPolicy
{
    private readonly OrderedDictionary<int, FrameOutput> _conditioning = [];
    private readonly SortedList<int, FrameOutput> _others = [];
    private readonly int _capacity;
    private readonly int _aroundFirst;
    private readonly int _forgottenAroundPrompts;

    /// <summary>Creates an empty bank.</summary>
    /// <param name="capacity">
    /// Frames without a prompt that are kept because they are nearest to the one added last, at least 1. Conditioning frames are kept
    /// as long as their prompts.
    /// </param>
    /// <param name="aroundFirst">Frames without a prompt that are kept because they are nearest to the first conditioning frame.</param>
    /// <param name="forgottenAroundPrompts">
    /// A prompt on a frame makes the bank forget the frames without a prompt that are at most this far from it; 0 for none.
    /// </param>
    public MemoryBank(int capacity, int aroundFirst = 0, int forgottenAroundPrompts = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(aroundFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(forgottenAroundPrompts);
        (_capacity, _aroundFirst, _forgottenAroundPrompts) = (capacity, aroundFirst, forgottenAroundPrompts);
    }

    /// <summary>Creates an empty bank that holds at least what a frame can attend to.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="remembered">Frames without a prompt that are kept, or as many as a frame can attend to if those are more.</param>
    /// <param name="aroundFirst">As in the constructor.</param>
    /// <param name="forgetAroundPrompts">Whether a prompt makes the bank forget the memories that its frame would attend to.</param>
    public MemoryBank(Sam2Config config, int remembered = 32, int aroundFirst = 16, bool forgetAroundPrompts = false)
        : this(
            Math.Max(remembered, FramesAttended(config)), aroundFirst,
            forgetAroundPrompts ? config.MemoryTemporalStrideForEval * config.NumMaskmem : 0)
    {
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<int> ConditioningFrames => _conditioning.Keys;

    /// <inheritdoc/>
    public IReadOnlyCollection<int> OtherFrames => [.. _others.Keys];

    /// <inheritdoc/>
    public bool HasOther(int frame) => _others.ContainsKey(frame);

    /// <inheritdoc/>
    public FrameMemory Conditioning(int frame) => Encoded(_conditioning[frame], frame);

    /// <inheritdoc/>
    public FrameMemory Other(int frame) => Encoded(_others[frame], frame);

    /// <inheritdoc/>
    public virtual MemorySelection Select(Sam2Config config, FramePosition at, bool training) =>
        MemorySelection.Select(config, at, this, training);

    /// <inheritdoc/>
    public FrameOutput? Find(int frame) => _conditioning.GetValueOrDefault(frame) ?? _others.GetValueOrDefault(frame);

    /// <inheritdoc/>
    public virtual void Add(int frame, FrameOutput output, bool conditioning)
    {
        ArgumentNullException.ThrowIfNull(output);
        Forget(_others, frame);
        if (conditioning)
        {
            Forget(_conditioning, frame);
            _conditioning.Add(frame, output);
            return;
        }

        _others.Add(frame, output);
        if (_others.Count <= _capacity) return;
        var kept = Nearest(frame, _capacity).ToHashSet();
        if (_conditioning.Count > 0) kept.UnionWith(Nearest(_conditioning.Keys.Min(), _aroundFirst));
        foreach (var forgotten in _others.Keys.Where(other => !kept.Contains(other)).ToList()) Forget(_others, forgotten);
    }

    /// <inheritdoc/>
    public virtual void OnPrompted(int frame)
    {
        if (_forgottenAroundPrompts == 0) return;
        ForgetOthers(frame - _forgottenAroundPrompts, frame - 1);
        ForgetOthers(frame + 1, frame + _forgottenAroundPrompts);
    }

    /// <inheritdoc/>
    public virtual bool Demote(int frame)
    {
        if (!_conditioning.Remove(frame, out var output)) return false;
        Add(frame, output, conditioning: false);
        return true;
    }

    /// <summary>Forgets the other frames in [first, last].</summary>
    public void ForgetOthers(int first, int last)
    {
        foreach (var frame in _others.Keys.Where(f => f >= first && f <= last).ToList()) Forget(_others, frame);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var output in _conditioning.Values.Concat(_others.Values)) output.Dispose();
        _conditioning.Clear();
        _others.Clear();
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>How far back a frame attends: the frame before and one of every r-th for the other memories, and object pointers.</summary>
    private static int FramesAttended(Sam2Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var memories = (config.NumMaskmem - 2) * config.MemoryTemporalStrideForEval + 1;
        return Math.Max(memories, config.UseObjPtrsInEncoder ? config.MaxObjPtrsInEncoder - 1 : 0);
    }

    /// <summary>The other frames that are nearest to a frame; of two as near, the later one.</summary>
    private IEnumerable<int> Nearest(int frame, int count) =>
        _others.Keys.OrderByDescending(other => other).OrderBy(other => Math.Abs(other - frame)).Take(count);

    private static void Forget(IDictionary<int, FrameOutput> outputs, int frame)
    {
        if (outputs.Remove(frame, out var output)) output.Dispose();
    }

    private static FrameMemory Encoded(FrameOutput output, int frame) =>
        output.Memory ?? throw new InvalidOperationException($"Frame {frame} is in the memory bank, but its memory was never encoded.");
}
