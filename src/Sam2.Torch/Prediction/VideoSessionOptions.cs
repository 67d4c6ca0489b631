using Sam2.Torch.Modeling;

namespace Sam2.Torch.Prediction;

/// <summary>How a <see cref="VideoSession"/> tracks and what it returns.</summary>
public sealed record VideoSessionOptions
{
    /// <summary>Holes of at most this area, in pixels of the low-resolution mask, are filled; 0 for none.</summary>
    public int FillHoleArea { get; init; } = 8;

    /// <summary>Whether returned masks of different objects are made disjoint: the highest logit wins.</summary>
    public bool NonOverlappingMasks { get; init; }

    /// <summary>
    /// Whether a frame that was tracked and then corrected becomes a conditioning frame, as those are that were prompted before
    /// they were tracked.
    /// </summary>
    public bool CorrectedFramesCondition { get; init; }

    /// <summary>
    /// Whether a prompt makes the object forget the other memories around its frame, which may show what was just corrected.
    /// </summary>
    public bool ForgetAroundPrompts { get; init; }

    /// <summary>
    /// Whether masks that answer prompts are binarised before they become memories, as the original's video predictor does
    /// whatever the model's configuration says.
    /// </summary>
    public bool BinarizePromptedMasks { get; init; } = true;

    /// <summary>Whether memories are kept in the model's precision instead of bfloat16, which is what the original keeps.</summary>
    public bool FullPrecisionMemories { get; init; }

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

    /// <summary>
    /// Objects that are tracked as one batch, if their states allow it. It bounds memory; results don't depend on it.
    /// </summary>
    public int ObjectBatch { get; init; } = 4;

    /// <summary>Whether results include the low-resolution logits (<see cref="ObjectMask.Logits"/>).</summary>
    public bool ReturnLogits { get; init; }
}
