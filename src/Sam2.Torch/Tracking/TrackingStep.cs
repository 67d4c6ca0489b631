using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>A frame's place in its video, and the direction in which the video is walked through.</summary>
/// <param name="Frame">Index of the frame.</param>
/// <param name="NumFrames">Length of the video; null when unknown.</param>
/// <param name="Reverse">Whether tracking runs backwards in time.</param>
public readonly record struct FramePosition(int Frame, int? NumFrames = null, bool Reverse = false);

/// <summary>What a tracking step is told about B objects on a frame: points, a mask, or nothing.</summary>
/// <param name="IsInitial">
/// Whether the prompt stands for itself, as on the frame where an object is shown first: no memories are attended to.
/// </param>
/// <param name="Points">All points given on this frame so far; null for none.</param>
/// <param name="Mask">A mask at the model's resolution, <c>[B, 1, S, S]</c>, float32, 0 or 1; null for none.</param>
/// <param name="PreviousLogits">
/// Mask logits predicted earlier for the same frame, <c>[B, 1, h, w]</c>, which the points correct; null for none.
/// </param>
public sealed record StepPrompt(bool IsInitial, PointTensors? Points = null, Tensor? Mask = null, Tensor? PreviousLogits = null)
{
    /// <summary>No prompt: the objects are found from memories alone.</summary>
    public static StepPrompt None { get; } = new(IsInitial: false);
}

/// <summary>The masks of a tracking step.</summary>
/// <param name="Conditioned">
/// The image embedding after memory attention, <c>[B, C, H, W]</c>, from which further prompts on the frame are decoded; null where a
/// mask was taken as it is.
/// </param>
/// <param name="Heads">Masks, scores and object pointers.</param>
public sealed record StepOutput(Tensor? Conditioned, SamHeadsOutput Heads);

/// <summary>
/// One step of tracking, for inference and for training: from a frame's features, prompts and memories to masks, and from masks to
/// the memory that the frame leaves behind (paper, section 4; sam2/modeling/sam2_base.py, <c>track_step</c>). It keeps nothing
/// between calls, and all results belong to the caller's dispose scope.
/// </summary>
/// <remarks>
/// Derived classes can replace the two parts that cost most, memory attention and mask decoding; training recomputes them in the
/// backward pass, for example.
/// </remarks>
/// <param name="model">The model. It stays the caller's; its training or evaluation mode decides which switches count.</param>
public class TrackingStep(Sam2Model model)
{
    /// <summary>The model.</summary>
    public Sam2Model Model { get; } = model;

    /// <summary>Segments B objects that are remembered in step, and gathers their memories if they are needed.</summary>
    /// <param name="at">The frame.</param>
    /// <param name="features">Its image features, <c>[B or 1, …]</c>.</param>
    /// <param name="prompt">What is known of the objects on this frame.</param>
    /// <param name="bank">What is remembered of them; unused for an initial prompt.</param>
    /// <exception cref="InvalidOperationException">Memories are needed, and no conditioning frame is remembered.</exception>
    public StepOutput Segment(FramePosition at, ImageFeatures features, StepPrompt prompt, IMemoryBank? bank)
    {
        var attends = bank is not null && !prompt.IsInitial && Model.Config.NumMaskmem > 0 && !IsTakenAsOutput(prompt);
        return Segment(features, prompt, attends ? Model.GatherMemories(at, features.Embedding, bank!) : null);
    }

    /// <summary>Segments B objects that attend to equally many memories.</summary>
    /// <param name="features">The frame's image features, <c>[B or 1, …]</c>.</param>
    /// <param name="prompt">What is known of the objects on this frame.</param>
    /// <param name="memories">What the objects attend to; null for nothing.</param>
    public StepOutput Segment(ImageFeatures features, StepPrompt prompt, MemoryTokens? memories)
    {
        if (IsTakenAsOutput(prompt)) return new(null, Model.UseMaskAsOutput(features, prompt.Mask!));
        var conditioned = memories is null ? Model.ConditionOnNothing(features.Embedding) : ConditionOnMemory(features.Embedding, memories);
        return new(conditioned, Decode(features, conditioned, prompt));
    }

    /// <summary>Decodes a further prompt on a frame, a correction for example.</summary>
    /// <param name="features">The frame's image features, <c>[B or 1, …]</c>.</param>
    /// <param name="conditioned">The <see cref="StepOutput.Conditioned"/> of the first prompt.</param>
    /// <param name="prompt">All that is known of the objects on this frame now.</param>
    public SamHeadsOutput Decode(ImageFeatures features, Tensor conditioned, StepPrompt prompt) => ForwardSamHeads(
        conditioned, features.HighRes, prompt.Points, prompt.Mask ?? prompt.PreviousLogits,
        Model.UseMultimask(prompt.IsInitial, prompt.Points?.Coordinates.size(1) ?? 0));

    /// <summary>Encodes what a frame leaves behind for others to attend to.</summary>
    /// <param name="features">The frame's image features, <c>[B or 1, …]</c>.</param>
    /// <param name="maskLogits">Mask logits at the model's resolution, <c>[B, 1, S, S]</c>.</param>
    /// <param name="objectScores">Logits of the objects being visible, <c>[B, 1]</c>.</param>
    /// <param name="binarize">Whether masks are made binary first; see <see cref="Sam2Model.EncodeMemory"/>.</param>
    /// <param name="previous">
    /// For a model with recurrent memory: for each object, or for all in one, what the frame before left. Empty for a prompted frame.
    /// </param>
    /// <param name="objectsOfOneFrame">Whether the batch are objects of one frame; see <see cref="Sam2Model.EncodeMemory"/>.</param>
    /// <returns>Memories, <c>[B, Cm, H, W]</c>; <see cref="Sam2Model.MemoryAsTokens"/> brings them to the form that is kept.</returns>
    public Tensor EncodeMemory(
        ImageFeatures features, Tensor maskLogits, Tensor objectScores, bool binarize, IReadOnlyList<FrameMemory?> previous,
        bool objectsOfOneFrame = false)
    {
        using var scope = NewDisposeScope();
        var memory = Model.EncodeMemory(features.Embedding, maskLogits, objectScores, binarize, objectsOfOneFrame);
        return Model.MergeWithPrevious(memory, previous).MoveToOuterDisposeScope();
    }

    /// <summary>Whether a prompt's mask is the frame's output, without passing the mask decoder.</summary>
    public bool IsTakenAsOutput(StepPrompt prompt) => prompt.Mask is not null && Model.Config.UseMaskInputAsOutputWithoutSam;

    /// <summary>Conditions a frame's image embedding on memories; see <see cref="Sam2Model.ConditionOnMemory"/>.</summary>
    protected virtual Tensor ConditionOnMemory(Tensor embedding, MemoryTokens memories) => Model.ConditionOnMemory(embedding, memories);

    /// <summary>Predicts masks from prompts; see <see cref="Sam2Model.ForwardSamHeads"/>.</summary>
    protected virtual SamHeadsOutput ForwardSamHeads(
        Tensor embedding, HighResFeatures? highRes, PointTensors? points, Tensor? masks, bool multimask) =>
        Model.ForwardSamHeads(embedding, highRes, points, masks, multimask);
}
