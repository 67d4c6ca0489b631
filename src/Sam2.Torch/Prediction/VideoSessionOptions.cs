using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking;

namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="VideoSession"/> tracks and what it returns.</summary>
public sealed record VideoSessionOptions : ObjectTrackerOptions
{
    /// <summary>Whether returned masks of different objects are made disjoint: the highest logit wins.</summary>
    public bool NonOverlappingMasks { get; init; }

    /// <summary>
    /// Whether a frame that was tracked and then corrected becomes a conditioning frame, as those are that were prompted before
    /// they were tracked.
    /// </summary>
    public bool CorrectedFramesCondition { get; init; }

    /// <summary>
    /// Makes the memory of a new object, given the caller's name of it; null for SAM 2's own <see cref="MemoryBank"/>. The session owns
    /// what it returns. <see cref="ForgetAroundPrompts"/>, <see cref="RememberedFrames"/> and <see cref="RememberedAroundFirst"/> are
    /// about SAM 2's own and don't count otherwise.
    /// </summary>
    /// <remarks>
    /// The session calls this function and the policy's methods inside dispose scopes, which end with the prompt or the frame. A tensor that
    /// a policy makes and keeps, even one that its constructor makes, must therefore leave them by <c>DetachFromDisposeScope()</c>, and the
    /// policy disposes it. The tensors of a <see cref="FrameOutput"/> are in no scope: they live until the policy disposes the output.
    /// </remarks>
    public Func<int, IMemoryPolicy>? Memory { get; init; }

    /// <summary>
    /// Whether a prompt makes the object forget the other memories around its frame, which may show what was just corrected.
    /// </summary>
    public bool ForgetAroundPrompts { get; init; }

    /// <summary>
    /// Frames without a prompt that are remembered per object: those nearest to the frame tracked last, and never fewer than the model
    /// attends to (16 or so). It bounds memory however long the video is (0.8 MB each at 1024×1024 pixels). The original remembers all
    /// frames: a correction of a frame that is farther back starts from the prompted frames and the click alone, unless this is raised.
    /// </summary>
    public int RememberedFrames { get; init; } = 32;

    /// <summary>
    /// Frames without a prompt that are remembered per object because they are nearest to its first prompted frame, beside
    /// <see cref="RememberedFrames"/>. Tracking backwards from there after having tracked forwards, or the other way round, attends to
    /// them, as in the original. 0 is enough where tracking runs in one direction, as it does in live sessions, which ignore this.
    /// </summary>
    public int RememberedAroundFirst { get; init; } = 16;

    /// <summary>Frames whose image features are kept, for prompts on frames that were just seen (17 MB each at 1024×1024 pixels).</summary>
    public int CachedFrames { get; init; } = 3;

    /// <summary>Whether results include the low-resolution logits (<see cref="ObjectMask.Logits"/>).</summary>
    public bool ReturnLogits { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    internal void Validate()
    {
        RequirePositive(RememberedFrames, nameof(RememberedFrames));
        RequireNotNegative(RememberedAroundFirst, nameof(RememberedAroundFirst));
        RequirePositive(CachedFrames, nameof(CachedFrames));
        RequirePositive(ObjectBatch, nameof(ObjectBatch));
        RequireNotNegative(FillHoleArea, nameof(FillHoleArea));
    }

    /// <summary>The memory of a new object. A live session never turns back.</summary>
    internal IMemoryPolicy CreateMemory(int objectId, Sam2Config config, bool live) => Memory is null
        ? new MemoryBank(config, RememberedFrames, live ? 0 : RememberedAroundFirst, ForgetAroundPrompts)
        : Memory(objectId) ?? throw new InvalidOperationException($"{nameof(Memory)} made nothing for object {objectId}; return a memory policy.");

    private static void RequirePositive(int value, string name)
    {
        if (value < 1) throw new ArgumentException($"{name} is {value}; it must be at least 1.");
    }

    private static void RequireNotNegative(int value, string name)
    {
        if (value < 0) throw new ArgumentException($"{name} is {value}; give 0 for none.");
    }
}
