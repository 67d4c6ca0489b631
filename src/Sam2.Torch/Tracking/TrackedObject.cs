namespace Sam2.Torch.Tracking;

/// <summary>One object of a session: its prompts, what they gave, and what is remembered of it.</summary>
internal sealed class TrackedObject(int id, IMemoryPolicy bank) : IDisposable
{
    private readonly Dictionary<int, FrameOutput> _pendingConditioning = [];
    private readonly Dictionary<int, FrameOutput> _pendingOthers = [];

    /// <summary>The caller's name of the object.</summary>
    public int Id { get; } = id;

    /// <summary>What is remembered.</summary>
    public IMemoryPolicy Bank { get; } = bank;

    /// <summary>Which frames were tracked.</summary>
    public TrackedFrames Tracked { get; } = new();

    /// <summary>
    /// Points by frame, in pixels of the model's input, with labels 1 and 0, and 2 and 3 for the corners of a box. They accumulate.
    /// </summary>
    public Dictionary<int, List<(float X, float Y, int Label)>> Points { get; } = [];

    /// <summary>What is known of a frame: the answer to its prompt that waits to be remembered, or what the bank has; or null.</summary>
    public FrameOutput? Find(int frame) =>
        _pendingConditioning.GetValueOrDefault(frame) ?? _pendingOthers.GetValueOrDefault(frame) ?? Bank.Find(frame);

    /// <summary>The answer to a conditioning frame's prompt, if it is remembered; else null.</summary>
    public FrameOutput? FindConditioning(int frame) => Bank.ConditioningFrames.Contains(frame) ? Bank.Find(frame) : null;

    /// <summary>
    /// What a prompt on a frame is: the object's beginning, or the correction of a frame that was tracked, and in which direction; and
    /// whether it will condition other frames. A correction of a conditioning frame replaces it.
    /// </summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="correctedFramesCondition">Whether all corrected frames condition others.</param>
    public (bool Initial, bool Reverse, bool Conditioning) RoleOf(int frame, bool correctedFramesCondition)
    {
        var initial = !Tracked.TryGetDirection(frame, out var reverse) || Bank.ConditioningFrames.Count == 0;
        var conditioning = initial || correctedFramesCondition || FindConditioning(frame) is not null;
        return (initial, reverse, conditioning);
    }

    /// <summary>Puts the answer to a prompt on the list, in place of an earlier one on this frame.</summary>
    public void AddPending(int frame, bool conditioning, FrameOutput output)
    {
        if (_pendingConditioning.Remove(frame, out var old)) old.Dispose();
        if (_pendingOthers.Remove(frame, out old)) old.Dispose();
        (conditioning ? _pendingConditioning : _pendingOthers).Add(frame, output);
    }

    /// <summary>The answers on the list, those that will condition other frames last.</summary>
    public IReadOnlyList<(int Frame, FrameOutput Output)> PendingFrames =>
        [.. _pendingOthers.Concat(_pendingConditioning).Select(p => (p.Key, p.Value))];

    /// <summary>Hands a frame's answers, whose memories are encoded, to the memory policy.</summary>
    public void MovePendingToBank(int frame)
    {
        if (_pendingOthers.Remove(frame, out var output)) Bank.Add(frame, output, conditioning: false);
        if (_pendingConditioning.Remove(frame, out output)) Bank.Add(frame, output, conditioning: true);
        Bank.OnPrompted(frame);
    }

    /// <summary>Forgets a frame's prompts and their answers.</summary>
    public void ClearPrompts(int frame)
    {
        Points.Remove(frame);
        if (_pendingConditioning.Remove(frame, out var output)) output.Dispose();
        if (_pendingOthers.Remove(frame, out output)) output.Dispose();
        if (Bank.Demote(frame)) Tracked.Remove(frame);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Bank.Dispose();
        foreach (var output in _pendingConditioning.Values.Concat(_pendingOthers.Values)) output.Dispose();
        _pendingConditioning.Clear();
        _pendingOthers.Clear();
    }
}

/// <summary>
/// Which frames an object was tracked on, and in which direction: runs of frames rather than frames, so that two hours of video take
/// no more room than a minute.
/// </summary>
internal sealed class TrackedFrames
{
    private readonly List<Run> _runs = [];

    /// <summary>Frames in a row that were tracked in one direction, ascending.</summary>
    public IReadOnlyList<Run> Runs => _runs;

    /// <summary>Whether a frame was tracked, and whether that was backwards.</summary>
    public bool TryGetDirection(int frame, out bool reverse)
    {
        foreach (var run in _runs)
        {
            if (frame < run.First || frame > run.Last) continue;
            reverse = run.Reverse;
            return true;
        }

        reverse = false;
        return false;
    }

    /// <summary>Notes a frame; the last note counts.</summary>
    public void Add(int frame, bool reverse)
    {
        if (TryGetDirection(frame, out var known) && known == reverse) return;
        Remove(frame);
        var at = _runs.FindIndex(r => r.First > frame);
        if (at < 0) at = _runs.Count;
        var run = new Run(frame, frame, reverse);
        if (at < _runs.Count && _runs[at].Reverse == reverse && _runs[at].First == frame + 1)
        {
            run = run with { Last = _runs[at].Last };
            _runs.RemoveAt(at);
        }

        if (at > 0 && _runs[at - 1].Reverse == reverse && _runs[at - 1].Last == frame - 1)
        {
            run = run with { First = _runs[at - 1].First };
            _runs.RemoveAt(--at);
        }

        _runs.Insert(at, run);
    }

    /// <summary>Takes a note back.</summary>
    public void Remove(int frame)
    {
        var at = _runs.FindIndex(r => frame >= r.First && frame <= r.Last);
        if (at < 0) return;
        var run = _runs[at];
        _runs.RemoveAt(at);
        if (frame < run.Last) _runs.Insert(at, run with { First = frame + 1 });
        if (frame > run.First) _runs.Insert(at, run with { Last = frame - 1 });
    }

    /// <summary>Takes over the runs of a saved state.</summary>
    public void Restore(IEnumerable<Run> runs)
    {
        _runs.Clear();
        _runs.AddRange(runs);
    }

    /// <summary>Frames from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
    internal readonly record struct Run(int First, int Last, bool Reverse);
}
