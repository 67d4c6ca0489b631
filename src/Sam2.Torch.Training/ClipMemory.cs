using Sam2.Torch.Tracking;

namespace Sam2.Torch.Training;

/// <summary>
/// The memory bank of a training step: it keeps every frame of the clip, because the backward pass reaches them all. The
/// tensors belong to the dispose scope they were made in.
/// </summary>
internal sealed class ClipMemory : IMemoryBank
{
    private readonly OrderedDictionary<int, FrameMemory> _conditioning = [];
    private readonly Dictionary<int, FrameMemory> _others = [];

    public IReadOnlyCollection<int> ConditioningFrames => _conditioning.Keys;

    public bool HasOther(int frame) => _others.ContainsKey(frame);

    public FrameMemory Conditioning(int frame) => _conditioning[frame];

    public FrameMemory Other(int frame) => _others[frame];

    public void Add(int frame, bool conditioning, FrameMemory memory)
    {
        if (conditioning) _conditioning.Add(frame, memory);
        else _others.Add(frame, memory);
    }
}
