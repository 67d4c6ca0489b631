using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>
/// The memories of earlier frames, as the paper's memory bank holds them, for one object or for objects in step. The model only
/// reads it.
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

    /// <summary>
    /// Which of the memories a frame attends to: at least one, and only such as are remembered. SAM 2's own choice unless it is
    /// implemented otherwise.
    /// </summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="at">The frame that attends.</param>
    /// <param name="training">Whether the model is in training mode.</param>
    MemorySelection Select(Sam2Config config, FramePosition at, bool training) => MemorySelection.Select(config, at, this, training);
}

/// <summary>
/// How an object of a session is remembered: which frames are kept, which of them a frame attends to, and what happens when the
/// object is prompted or lost. <see cref="MemoryBank"/> is SAM 2's own way; derive from it to change a part, or implement this
/// interface to change all of it.
/// </summary>
/// <remarks>
/// Every object has a policy of its own, which the session disposes with the object. A session's memory is bounded only if its
/// policies are: each kept frame takes 0.8 MB at 1024×1024 pixels. Calls come one at a time.
/// <para>
/// Where a run is saved and resumed (<see cref="Prediction.VideoMaskGenerator.Save"/>), the frames that a policy remembers are saved
/// with it, and are given to <see cref="Add"/> of a new policy again: conditioning frames in order of arrival, then the others, ascending. A
/// policy whose decisions depend on more than the frames that it remembers has to implement <see cref="IStatefulMemoryPolicy"/>.
/// </para>
/// </remarks>
public interface IMemoryPolicy : IMemoryBank, IDisposable
{
    /// <summary>Indices of the other frames that are remembered, ascending.</summary>
    IReadOnlyCollection<int> OtherFrames { get; }

    /// <summary>
    /// What is known of a frame, conditioning or not; null if nothing. Prompts on a remembered frame correct its mask.
    /// </summary>
    FrameOutput? Find(int frame);

    /// <summary>
    /// Decides whether a frame is remembered, in place of what was known of it, and which frames are forgotten for it. The policy
    /// takes the output over: it disposes it when it forgets the frame, at once if it doesn't keep it at all.
    /// </summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="output">
    /// The object on this frame, its memory encoded. Where the object was lost, its <see cref="FrameOutput.ObjectScore"/> isn't
    /// above 0.
    /// </param>
    /// <param name="conditioning">
    /// Whether it answers a prompt that conditions other frames. An object without any conditioning frame can't be tracked.
    /// </param>
    void Add(int frame, FrameOutput output, bool conditioning);

    /// <summary>
    /// Is told of a prompted frame after it was added, and again each time tracking passes a conditioning frame. Memories around it
    /// may show what the prompt corrected. The frame itself must stay.
    /// </summary>
    void OnPrompted(int frame);

    /// <summary>Is told that the prompts on a frame were taken back: if it was a conditioning frame, it is at most one of the others now.</summary>
    /// <returns>Whether it was a conditioning frame.</returns>
    bool Demote(int frame);
}

/// <summary>
/// A memory policy that knows more than the frames that it remembers, such as how often an object was lost, and takes that along when a
/// run is saved and resumed.
/// </summary>
public interface IStatefulMemoryPolicy : IMemoryPolicy
{
    /// <summary>What the policy knows, without the frames that it remembers, which are saved anyway. It is called between two frames.</summary>
    MemoryPolicyState SaveState();

    /// <summary>
    /// Takes a new policy to where another one was saved. It is called in place of <see cref="IMemoryPolicy.Add"/> and
    /// <see cref="IMemoryPolicy.OnPrompted"/>, and afterwards the policy must remember just these frames.
    /// </summary>
    /// <param name="state">What the other policy knew. Its tensors are on the model's device and belong to the policy from now on.</param>
    /// <param name="frames">
    /// What the other policy remembered: conditioning frames in order of arrival, then the others, ascending. The policy takes the outputs over.
    /// </param>
    void Restore(MemoryPolicyState state, IReadOnlyList<(int Frame, FrameOutput Output, bool Conditioning)> frames);
}

/// <summary>What a memory policy knows beside the frames that it remembers: text, and tensors by name.</summary>
public sealed class MemoryPolicyState
{
    /// <summary>The longest text, in characters.</summary>
    public const int MaxTextLength = 1_000_000;

    /// <summary>The most bytes that the tensors may have together.</summary>
    public const long MaxTensorBytes = 64_000_000;

    /// <summary>Describes a state.</summary>
    /// <param name="text">Anything that the policy reads again, such as JSON; at most <see cref="MaxTextLength"/> characters.</param>
    /// <param name="tensors">
    /// Tensors by name, of any shape and type, <see cref="MaxTensorBytes"/> at most; null for none. When a state is saved they remain the policy's.
    /// </param>
    /// <exception cref="ArgumentException">The text or the tensors are too large.</exception>
    public MemoryPolicyState(string text, IReadOnlyDictionary<string, Tensor>? tensors = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        Tensors = tensors ?? new Dictionary<string, Tensor>();
        if (text.Length > MaxTextLength)
            throw new ArgumentException($"The state of a memory policy has {text.Length} characters of text; keep it to {MaxTextLength}.", nameof(text));
        var bytes = Tensors.Values.Sum(tensor => tensor.numel() * tensor.element_size());
        if (bytes > MaxTensorBytes)
            throw new ArgumentException($"The state of a memory policy has tensors of {bytes} bytes; keep them to {MaxTensorBytes}.", nameof(tensors));
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }
}

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
