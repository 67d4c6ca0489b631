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
    /// Tracks objects on a frame and encodes its memories. Objects that attend to equally many memories pass the model as one batch, but for those whose
    /// memory has its own way to be attended to (<see cref="IMemoryConditioner"/>) or several hypotheses (<see cref="IPathwayPolicy"/>).
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
        var gathered = new List<Gathered>();
        for (var i = 0; i < banks.Count; i++)
        {
            if (banks[i] is IPathwayPolicy pathways) outputs[i] = TrackPathways(at, features, pathways);
            else gathered.Add(Gather(at, features, banks[i], i));
        }

        foreach (var alike in gathered.GroupBy(g => (g.Tokens.Memory.size(1), g.Tokens.NumObjPtrTokens, g.Bank is IMaskChooser, g.Bank as IMemoryConditioner)))
        {
            foreach (var batch in alike.Chunk(options.ObjectBatch))
            {
                var results = TrackBatch(at, features, batch);
                for (var i = 0; i < batch.Length; i++) outputs[batch[i].Index] = results[i];
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

    private Gathered Gather(FramePosition at, ImageFeatures features, IMemoryBank bank, int index) =>
        new(index, bank, Sam2Model.PreviousMemory(at, bank), model.GatherMemories(at, features.Embedding, bank));

    private FrameOutput[] TrackBatch(FramePosition at, ImageFeatures features, Gathered[] batch)
    {
        using var scope = NewDisposeScope();
        var memories = batch.Length == 1 ? batch[0].Tokens : new MemoryTokens(
            cat(batch.Select(b => b.Tokens.Memory).ToArray(), 0), cat(batch.Select(b => b.Tokens.Position).ToArray(), 0), batch[0].Tokens.NumObjPtrTokens);
        SamHeadsOutput heads;
        if (batch[0].Bank is IMaskChooser)
        {
            var candidates = model.ForwardCandidates(Condition(features, batch[0].Bank, memories), features.HighRes);
            heads = candidates.Take([.. batch.Select((b, i) => ((IMaskChooser)b.Bank).Choose(at, candidates.Of(i)))]);
        }
        else if (batch[0].Bank is IMemoryConditioner)
        {
            heads = _step.Decode(features, Condition(features, batch[0].Bank, memories), StepPrompt.None);
        }
        else
        {
            heads = _step.Segment(features, StepPrompt.None, memories).Heads;
        }

        return Remembered(features, heads, [.. batch.Select(b => b.Previous)]);
    }

    private FrameOutput TrackPathways(FramePosition at, ImageFeatures features, IPathwayPolicy policy)
    {
        using var scope = NewDisposeScope();
        var gathered = policy.PathwaysFor(at).Select((bank, i) => Gather(at, features, bank, i)).ToList();
        var conditioned = cat(gathered.ConvertAll(g => Condition(features, g.Bank, g.Tokens)), 0);
        var candidates = model.ForwardCandidates(conditioned, features.HighRes);
        var branches = policy.Choose(at, [.. gathered.Select((_, i) => candidates.Of(i))]);
        if (branches.Count == 0) throw new InvalidOperationException($"Frame {at.Frame} doesn't go on: the memory policy chose no branch; choose at least one.");

        var heads = branches.Select(b => candidates.Of(b.Pathway).Take([b.Mask])).ToList();
        Tensor All(Func<SamHeadsOutput, Tensor> part) => cat(heads.ConvertAll(h => part(h)), 0);
        var chosen = new SamHeadsOutput(
            All(h => h.LowResMultimasks), All(h => h.Ious), All(h => h.LowResMasks), All(h => h.ObjectPointer), All(h => h.ObjectScores));
        var outputs = Remembered(features, chosen, [.. branches.Select(b => gathered[b.Pathway].Previous)]);
        policy.Grow(at, outputs);
        return outputs[0];
    }

    private Tensor Condition(ImageFeatures features, IMemoryBank bank, MemoryTokens memories) => bank is IMemoryConditioner conditioner
        ? conditioner.Condition(model, features.Embedding, memories)
        : model.ConditionOnMemory(features.Embedding, memories);

    /// <summary>The outputs of a batch, with their memories encoded.</summary>
    private FrameOutput[] Remembered(ImageFeatures features, SamHeadsOutput heads, FrameMemory?[] previous)
    {
        var encoded = _step.EncodeMemory(features, model.UpsampleMasks(heads.LowResMasks), heads.ObjectScores, binarize: false, previous);
        var outputs = new FrameOutput[previous.Length];
        return FrameOutput.OrFree(outputs, () =>
        {
            for (var i = 0; i < outputs.Length; i++)
            {
                outputs[i] = Output(heads, i);
                outputs[i].Remember(Stored(encoded, i));
            }

            return outputs;
        });
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
        var tokens = model.MemoryAsTokens(memories.narrow(0, index, 1));
        return options.FullPrecisionMemories ? tokens : tokens.to(bfloat16);
    }

    /// <summary>What an object attends to on a frame.</summary>
    private sealed record Gathered(int Index, IMemoryBank Bank, FrameMemory? Previous, MemoryTokens Tokens);
}
