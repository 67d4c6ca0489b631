namespace Sam2.Torch.Tracking;

/// <summary>
/// The memories of earlier frames, as the paper's memory bank holds them, for one object or for objects in step. The model only
/// reads it; what is kept is the owner's policy.
/// </summary>
public interface IMemoryBank
{
    /// <summary>Indices of the remembered conditioning frames, in order of arrival.</summary>
    IReadOnlyCollection<int> ConditioningFrames { get; }

    /// <summary>Whether a frame is remembered among those that were tracked without a prompt of their own.</summary>
    bool HasOther(int frame);

    /// <summary>The memory of a conditioning frame.</summary>
    FrameMemory Conditioning(int frame);

    /// <summary>The memory of another frame.</summary>
    FrameMemory Other(int frame);
}
