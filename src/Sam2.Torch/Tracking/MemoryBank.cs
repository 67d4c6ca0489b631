namespace Sam2.Torch.Tracking;

/// <summary>
/// The memory bank of one object: its conditioning frames, and those of the other frames that are nearest to the one tracked last
/// or to the first conditioning frame, where tracking in the other direction begins.
/// The only place where it is decided what is kept.
/// </summary>
public sealed class MemoryBank : IMemoryBank, IDisposable
{
    private readonly OrderedDictionary<int, FrameOutput> _conditioning = [];
    private readonly SortedList<int, FrameOutput> _others = [];
    private readonly int _capacity;
    private readonly int _aroundFirst;

    /// <summary>Creates an empty bank.</summary>
    /// <param name="capacity">
    /// Frames without a prompt that are kept because they are nearest to the one added last, at least 1. Conditioning frames are kept
    /// as long as their prompts.
    /// </param>
    /// <param name="aroundFirst">Frames without a prompt that are kept because they are nearest to the first conditioning frame.</param>
    public MemoryBank(int capacity, int aroundFirst = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(aroundFirst);
        (_capacity, _aroundFirst) = (capacity, aroundFirst);
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<int> ConditioningFrames => _conditioning.Keys;

    /// <summary>Indices of the other frames that are remembered, ascending.</summary>
    public IReadOnlyCollection<int> OtherFrames => [.. _others.Keys];

    /// <inheritdoc/>
    public bool HasOther(int frame) => _others.ContainsKey(frame);

    /// <inheritdoc/>
    public FrameMemory Conditioning(int frame) => Encoded(_conditioning[frame], frame);

    /// <inheritdoc/>
    public FrameMemory Other(int frame) => Encoded(_others[frame], frame);

    /// <summary>What is known of a frame, conditioning or not; null if nothing.</summary>
    public FrameOutput? Find(int frame) => FindConditioning(frame) ?? _others.GetValueOrDefault(frame);

    /// <summary>What is known of a conditioning frame; null if it isn't one.</summary>
    public FrameOutput? FindConditioning(int frame) => _conditioning.GetValueOrDefault(frame);

    /// <summary>Remembers a conditioning frame, and forgets what was known of it. The bank takes the output over.</summary>
    public void AddConditioning(int frame, FrameOutput output)
    {
        Forget(_conditioning, frame);
        Forget(_others, frame);
        _conditioning.Add(frame, output);
    }

    /// <summary>
    /// Remembers another frame, and forgets those that are too far from it and from the first conditioning frame. The bank takes the
    /// output over.
    /// </summary>
    public void AddOther(int frame, FrameOutput output)
    {
        Forget(_others, frame);
        _others.Add(frame, output);
        if (_others.Count <= _capacity) return;
        var kept = Nearest(frame, _capacity).ToHashSet();
        if (_conditioning.Count > 0) kept.UnionWith(Nearest(_conditioning.Keys.Min(), _aroundFirst));
        foreach (var forgotten in _others.Keys.Where(other => !kept.Contains(other)).ToList()) Forget(_others, forgotten);
    }

    /// <summary>Makes a conditioning frame, if it is one, one of the others.</summary>
    /// <returns>Whether it was one.</returns>
    public bool Demote(int frame)
    {
        if (!_conditioning.Remove(frame, out var output)) return false;
        AddOther(frame, output);
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
    public void Dispose() => Clear();

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
