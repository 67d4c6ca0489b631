using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>
/// A memory that decides which of the masks that the decoder proposes is taken, in place of the one with the highest predicted IoU. What is
/// taken becomes the object's mask on the frame, its memory and its object pointer.
/// </summary>
/// <remarks>It isn't asked about frames with prompts: there the user's word counts.</remarks>
public interface IMaskChooser : IMemoryBank
{
    /// <summary>Chooses among the masks of a frame. The frame is added afterwards, before the next one is chosen for.</summary>
    /// <param name="at">The frame.</param>
    /// <param name="candidates">
    /// What the decoder proposes for this object, in the caller's dispose scope: masks <c>[1, M, h, w]</c>, scores <c>[1, M]</c>. Every mask of an object
    /// that is predicted to be hidden is <see cref="Sam2Model.NoObjectScore"/> everywhere.
    /// </param>
    /// <returns>Index of the mask, from 0 to M − 1.</returns>
    int Choose(FramePosition at, MaskCandidates candidates);
}

/// <summary>A memory that changes how a frame attends to it, such as by weighing or by merging tokens.</summary>
public interface IMemoryConditioner : IMemoryBank
{
    /// <summary>Conditions a frame's image embedding on this memory, in place of <see cref="Sam2Model.ConditionOnMemory"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="imageEmbedding"><c>[1, C, H, W]</c>.</param>
    /// <param name="memories">What was gathered by the last <see cref="IMemoryBank.Select"/>, for one object.</param>
    /// <returns><c>[1, C, H, W]</c>, in the caller's dispose scope.</returns>
    Tensor Condition(Sam2Model model, Tensor imageEmbedding, MemoryTokens memories);
}

/// <summary>One way on: a mask that was proposed when the frame attended to one of several memories.</summary>
/// <param name="Pathway">Index of the memory.</param>
/// <param name="Mask">Index of the mask, from 0 to M − 1.</param>
public readonly record struct Branch(int Pathway, int Mask);

/// <summary>
/// A memory policy with several hypotheses of an object, each with a memory of its own. Every frame is segmented once for each, so its time grows
/// with their number.
/// </summary>
public interface IPathwayPolicy : IMemoryPolicy
{
    /// <summary>
    /// The memories of the hypotheses that a frame attends to, at least one. Each may be an <see cref="IMemoryConditioner"/>; the policy's own selection isn't
    /// asked for. It is called once for every frame, before <see cref="Choose"/>.
    /// </summary>
    /// <param name="at">The frame.</param>
    IReadOnlyList<IMemoryBank> PathwaysFor(FramePosition at);

    /// <summary>Chooses how a frame goes on.</summary>
    /// <param name="at">The frame.</param>
    /// <param name="candidates">What the decoder proposes for each pathway, as <see cref="IMaskChooser.Choose"/> gets it.</param>
    /// <returns>At least one branch. The first is the object's mask on this frame.</returns>
    IReadOnlyList<Branch> Choose(FramePosition at, IReadOnlyList<MaskCandidates> candidates);

    /// <summary>
    /// Takes over the branches that were chosen; they are the pathways of the next frame. The first of them is given to
    /// <see cref="IMemoryPolicy.Add"/> afterwards too.
    /// </summary>
    /// <param name="at">The frame.</param>
    /// <param name="outputs">The outputs of the branches with their memories encoded, in the order in which they were chosen.</param>
    void Grow(FramePosition at, IReadOnlyList<FrameOutput> outputs);
}
