using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>How an <see cref="ObjectTracker"/> tracks.</summary>
public record ObjectTrackerOptions
{
    /// <summary>Holes of at most this area, in pixels of the low-resolution mask, are filled; 0 for none.</summary>
    public int FillHoleArea { get; init; } = 8;

    /// <summary>
    /// Whether masks that answer prompts are binarised before they become memories, as the original's video predictor does
    /// whatever the model's configuration says.
    /// </summary>
    public bool BinarizePromptedMasks { get; init; } = true;

    /// <summary>Whether memories are kept in the model's precision instead of bfloat16, which is what the original keeps.</summary>
    public bool FullPrecisionMemories { get; init; }

    /// <summary>
    /// Objects that are tracked as one batch, if their states allow it. It bounds memory; results don't depend on it.
    /// </summary>
    public int ObjectBatch { get; init; } = 4;
}

/// <summary>
/// Tracks single objects in inference: runs the <see cref="TrackingStep"/> on prompts and on memories, several objects as one batch,
/// fills holes, and brings memories to the form in which they are kept. On the CPU, NaN is refused (<see cref="ModelOutputException"/>);
/// on other devices that is left to whoever reads the outputs, since nothing is read back from the device here. It keeps nothing between calls. To be called in inference mode.
/// </summary>
/// <param name="model">The model, in evaluation mode. It stays the caller's.</param>
/// <param name="options">How to track.</param>
public sealed class ObjectTracker(Sam2Model model, ObjectTrackerOptions options)
{
    /// <summary>
    /// Scores of more than this magnitude, from earlier predictions, are clamped before they become prompts.
    /// </summary>
    private const float MaxPromptLogit = 32;

    private readonly TrackingStep _step = new(model);

    /// <summary>Segments an object on a frame from points; its memory isn't encoded yet.</summary>
    /// <param name="at">The frame.</param>
    /// <param name="features">Its image features, <c>[1, …]</c>.</param>
    /// <param name="points">Points in pixels of the model's input, with labels.</param>
    /// <param name="previousLogits">What was predicted before, <c>[1, 1, h, w]</c>, or null.</param>
    /// <param name="bank">Memories to attend to; null for an initial conditioning frame.</param>
    public FrameOutput FromPoints(
        FramePosition at, ImageFeatures features, IReadOnlyList<(float X, float Y, int Label)> points, Tensor? previousLogits, IMemoryBank? bank)
    {
        using var scope = NewDisposeScope();
        var prompt = new StepPrompt(
            IsInitial: bank is null,
            new PointTensors(
                tensor(points.SelectMany(p => new[] { p.X, p.Y }).ToArray(), [1, points.Count, 2], device: model.Device),
                tensor(points.Select(p => p.Label).ToArray(), [1, points.Count], device: model.Device)),
            PreviousLogits: previousLogits?.clamp(Scalars.Of((double)-MaxPromptLogit), Scalars.Of((double)MaxPromptLogit)));
        return Output(_step.Segment(at, features, prompt, bank).Heads, 0);
    }

    /// <summary>
    /// Segments an object on a frame from a mask, which is the output itself for models that take it so; its memory isn't encoded yet.
    /// </summary>
    /// <param name="at">The frame.</param>
    /// <param name="features">Its image features, <c>[1, …]</c>.</param>
    /// <param name="mask">0 or 1 at the model's resolution, <c>[1, 1, S, S]</c>, float32.</param>
    /// <param name="bank">Memories for a model that passes masks through the decoder; null for an initial conditioning frame.</param>
    public FrameOutput FromMask(FramePosition at, ImageFeatures features, Tensor mask, IMemoryBank? bank)
    {
        using var scope = NewDisposeScope();
        return Output(_step.Segment(at, features, new StepPrompt(IsInitial: bank is null, Mask: mask), bank).Heads, 0);
    }

    /// <summary>Encodes the memory of a frame that was prompted, from the mask that the prompts gave.</summary>
    public void Remember(ImageFeatures features, FrameOutput output)
    {
        using var scope = NewDisposeScope();
        var memory = _step.EncodeMemory(
            features, model.UpsampleMasks(output.MaskLogits), output.ObjectScore,
            options.BinarizePromptedMasks || model.Config.BinarizeMaskFromPtsForMemEnc, previous: []);
        RefuseNaN(memory);
        output.Remember(Stored(memory, 0));
    }

    /// <summary>
    /// Tracks objects on a frame and encodes its memories. Objects that attend to equally many memories pass the model as one batch.
    /// </summary>
    /// <param name="at">The frame.</param>
    /// <param name="features">Its image features, <c>[1, …]</c>.</param>
    /// <param name="banks">The memories of every object.</param>
    /// <returns>One output per bank, in their order.</returns>
    public IReadOnlyList<FrameOutput> Track(FramePosition at, ImageFeatures features, IReadOnlyList<IMemoryBank> banks)
    {
        var outputs = new FrameOutput[banks.Count];
        return FrameOutput.OrFree(outputs, () => Track(at, features, banks, outputs));
    }

    private FrameOutput[] Track(FramePosition at, ImageFeatures features, IReadOnlyList<IMemoryBank> banks, FrameOutput[] outputs)
    {
        using var scope = NewDisposeScope();
        var gathered = banks
            .Select((bank, index) => (Index: index, Previous: Sam2Model.PreviousMemory(at, bank), Tokens: model.GatherMemories(at, features.Embedding, bank)))
            .ToList();
        foreach (var alike in gathered.GroupBy(g => (g.Tokens.Memory.shape[1], g.Tokens.NumObjPtrTokens)))
        {
            foreach (var batch in alike.Chunk(options.ObjectBatch))
            {
                TrackBatch(
                    features, batch.Select(b => b.Tokens).ToArray(), batch.Select(b => b.Previous).ToArray(),
                    (i, output) => outputs[batch[i].Index] = output);
            }
        }

        return outputs;
    }

    /// <summary>Finds an object in an image from memories of other images; the image's own memory isn't encoded.</summary>
    /// <param name="features">The image's features, <c>[1, …]</c>.</param>
    /// <param name="memories">What is remembered of the object, in any order; at least one.</param>
    public FrameOutput Recall(ImageFeatures features, IReadOnlyList<FrameMemory> memories)
    {
        using var scope = NewDisposeScope();
        return Output(_step.Segment(features, StepPrompt.None, model.GatherUnorderedMemories(features.Embedding, memories)).Heads, 0);
    }

    private void TrackBatch(ImageFeatures features, MemoryTokens[] tokens, FrameMemory?[] previous, Action<int, FrameOutput> add)
    {
        using var scope = NewDisposeScope();
        var memories = tokens.Length == 1 ? tokens[0] : new MemoryTokens(
            cat(tokens.Select(t => t.Memory).ToArray(), 0), cat(tokens.Select(t => t.Position).ToArray(), 0), tokens[0].NumObjPtrTokens);
        var heads = _step.Segment(features, StepPrompt.None, memories).Heads;
        var encoded = _step.EncodeMemory(features, model.UpsampleMasks(heads.LowResMasks), heads.ObjectScores, binarize: false, previous);
        for (var i = 0; i < tokens.Length; i++)
        {
            var output = Output(heads, i);
            add(i, output);
            output.Remember(Stored(encoded, i));
        }
    }

    private FrameOutput Output(SamHeadsOutput heads, int index)
    {
        var masks = heads.LowResMasks.narrow(0, index, 1);
        var (pointer, score) = (heads.ObjectPointer.narrow(0, index, 1).clone(), heads.ObjectScores.narrow(0, index, 1).clone());
        RefuseNaN(masks, pointer, score);
        return new(MaskCleanup.FillHolesInMaskScores(masks, options.FillHoleArea).clone(), pointer, score);
    }

    private void RefuseNaN(params ReadOnlySpan<Tensor> answer)
    {
        if (answer[0].device_type == DeviceType.CPU) FiniteNumbers.Require(model, answer);
    }

    /// <summary>One object's memory as it is kept: tokens, as a rule rounded to bfloat16.</summary>
    private Tensor Stored(Tensor memories, int index)
    {
        var tokens = Sam2Model.MemoryAsTokens(memories.narrow(0, index, 1));
        return options.FullPrecisionMemories ? tokens : tokens.to(bfloat16);
    }
}
