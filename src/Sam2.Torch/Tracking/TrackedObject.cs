namespace Sam2.Torch.Tracking;

/// <summary>One object of a session: its prompts, what they gave, and its memory bank.</summary>
internal sealed class TrackedObject(int id, MemoryBank bank) : IDisposable
{
    private readonly Dictionary<int, FrameOutput> _pendingConditioning = [];
    private readonly Dictionary<int, FrameOutput> _pendingOthers = [];

    /// <summary>The caller's name of the object.</summary>
    public int Id { get; } = id;

    /// <summary>What is remembered.</summary>
    public MemoryBank Bank { get; } = bank;

    /// <summary>Which frames were tracked.</summary>
    public TrackedFrames Tracked { get; } = new();

    /// <summary>
    /// Points by frame, in pixels of the model's input, with labels 1 and 0, and 2 and 3 for the corners of a box. They accumulate.
    /// </summary>
    public Dictionary<int, List<(float X, float Y, int Label)>> Points { get; } = [];

    /// <summary>What is known of a frame: the answer to its prompt that waits to be remembered, or what the bank has; or null.</summary>
    public FrameOutput? Find(int frame) =>
        _pendingConditioning.GetValueOrDefault(frame) ?? _pendingOthers.GetValueOrDefault(frame) ?? Bank.Find(frame);

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

    /// <summary>Moves a frame's answers, whose memories are encoded, to the memory bank.</summary>
    public void MovePendingToBank(int frame)
    {
        if (_pendingOthers.Remove(frame, out var output)) Bank.AddOther(frame, output);
        if (_pendingConditioning.Remove(frame, out output)) Bank.AddConditioning(frame, output);
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
