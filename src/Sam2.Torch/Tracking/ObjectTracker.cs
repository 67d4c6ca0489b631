using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>
/// The steps of tracking, from features, prompts and memories to outputs (sam2/modeling/sam2_base.py, <c>track_step</c>).
/// It keeps nothing between calls. To be called in inference mode.
/// </summary>
/// <param name="model">The model, in evaluation mode. It stays the caller's.</param>
/// <param name="options">How to track.</param>
public sealed class ObjectTracker(Sam2Model model, VideoSessionOptions options)
{
    /// <summary>
    /// Scores of more than this magnitude, from earlier predictions, are clamped before they become prompts.
    /// </summary>
    private const float MaxPromptLogit = 32;

    /// <summary>Segments an object on a frame from points; its memory isn't encoded yet.</summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="features">The frame.</param>
    /// <param name="points">Points in pixels of the model's input, with labels.</param>
    /// <param name="previousLogits">What was predicted before, [1, 1, h, w], or null.</param>
    /// <param name="bank">Memories to attend to; null for an initial conditioning frame.</param>
    /// <param name="numFrames">Length of the video, or null.</param>
    /// <param name="reverse">Whether the frame was tracked backwards.</param>
    public FrameOutput FromPoints(
        int frame, ImageFeatures features, IReadOnlyList<(float X, float Y, int Label)> points, Tensor? previousLogits,
        IMemoryBank? bank, int? numFrames, bool reverse)
    {
        using var scope = NewDisposeScope();
        var embedding = bank is null
            ? model.ConditionOnNothing(features.Embedding)
            : model.ConditionOnMemory(features.Embedding, model.GatherMemories(frame, features.Embedding, bank, numFrames, reverse));
        var prompts = new PointPrompts(
            tensor(points.SelectMany(p => new[] { p.X, p.Y }).ToArray(), [1, points.Count, 2], device: model.Device),
            tensor(points.Select(p => p.Label).ToArray(), [1, points.Count], device: model.Device));
        var heads = model.ForwardSamHeads(
            embedding, features.HighRes, prompts, previousLogits?.clamp(-MaxPromptLogit, MaxPromptLogit),
            model.UseMultimask(bank is null, points.Count));
        return Output(heads, 0);
    }

    /// <summary>Takes a mask as an object's output on a frame; its memory isn't encoded yet.</summary>
    /// <param name="features">The frame.</param>
    /// <param name="mask">0 or 1 at the model's resolution, [1, 1, S, S], float32.</param>
    /// <param name="bank">Memories for a model that passes masks through the decoder; null for an initial conditioning frame.</param>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="numFrames">Length of the video, or null.</param>
    /// <param name="reverse">Whether the frame was tracked backwards.</param>
    public FrameOutput FromMask(int frame, ImageFeatures features, Tensor mask, IMemoryBank? bank, int? numFrames, bool reverse)
    {
        using var scope = NewDisposeScope();
        if (model.Config.UseMaskInputAsOutputWithoutSam) return Output(model.UseMaskAsOutput(features, mask), 0);

        var embedding = bank is null
            ? model.ConditionOnNothing(features.Embedding)
            : model.ConditionOnMemory(features.Embedding, model.GatherMemories(frame, features.Embedding, bank, numFrames, reverse));
        return Output(model.ForwardSamHeads(embedding, features.HighRes, points: null, mask, model.UseMultimask(bank is null, 0)), 0);
    }

    /// <summary>Encodes the memory of a frame that was prompted, from the mask that the prompts gave.</summary>
    public void Remember(ImageFeatures features, FrameOutput output)
    {
        using var scope = NewDisposeScope();
        var masks = model.UpsampleMasks(output.MaskLogits);
        var encoded = model.EncodeMemory(features.Embedding, masks, output.ObjectScore, options.BinarizePromptedMasks || model.Config.BinarizeMaskFromPtsForMemEnc);
        output.Remember(Stored(model.MergeWithPrevious(encoded), 0));
    }

    /// <summary>
    /// Tracks objects on a frame and encodes its memories. Objects that attend to equally many memories pass the model as one batch.
    /// </summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="features">The frame.</param>
    /// <param name="banks">The memories of every object.</param>
    /// <param name="numFrames">Length of the video, or null.</param>
    /// <param name="reverse">Whether tracking runs backwards.</param>
    /// <returns>One output per bank, in their order.</returns>
    public IReadOnlyList<FrameOutput> Track(
        int frame, ImageFeatures features, IReadOnlyList<IMemoryBank> banks, int? numFrames, bool reverse)
    {
        var outputs = new FrameOutput[banks.Count];
        using var scope = NewDisposeScope();
        var gathered = banks
            .Select((bank, index) => (Index: index, Previous: Sam2Model.PreviousMemory(bank, frame, reverse), Tokens: model.GatherMemories(frame, features.Embedding, bank, numFrames, reverse)))
            .ToList();
        foreach (var alike in gathered.GroupBy(g => (g.Tokens.Memory.shape[1], g.Tokens.NumObjPtrTokens)))
        {
            foreach (var batch in alike.Chunk(options.ObjectBatch))
            {
                var results = TrackBatch(features, batch.Select(b => b.Tokens).ToArray(), batch.Select(b => b.Previous).ToArray());
                for (var i = 0; i < batch.Length; i++) outputs[batch[i].Index] = results[i];
            }
        }

        return outputs;
    }

    /// <summary>Finds an object in an image from memories of other images; the image's own memory isn't encoded.</summary>
    /// <param name="features">The image.</param>
    /// <param name="memories">What is remembered of the object, in any order; at least one.</param>
    public FrameOutput Recall(ImageFeatures features, IReadOnlyList<FrameMemory> memories)
    {
        using var scope = NewDisposeScope();
        return Output(Segment(features, [model.GatherUnorderedMemories(features.Embedding, memories)]), 0);
    }

    private FrameOutput[] TrackBatch(ImageFeatures features, MemoryTokens[] tokens, FrameMemory?[] previous)
    {
        using var scope = NewDisposeScope();
        var heads = Segment(features, tokens);
        var encoded = model.EncodeMemory(
            features.Embedding, model.UpsampleMasks(heads.LowResMasks), heads.ObjectScores, binarize: false);
        encoded = model.MergeWithPrevious(encoded, previous);
        var outputs = new FrameOutput[tokens.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = Output(heads, i);
            outputs[i].Remember(Stored(encoded, i));
        }

        return outputs;
    }

    /// <summary>Segments a batch of objects that attend to equally many memories, without prompts.</summary>
    private SamHeadsOutput Segment(ImageFeatures features, MemoryTokens[] tokens)
    {
        using var scope = NewDisposeScope();
        var memories = tokens.Length == 1 ? tokens[0] : new MemoryTokens(
            cat(tokens.Select(t => t.Memory).ToArray(), 0), cat(tokens.Select(t => t.Position).ToArray(), 0), tokens[0].NumObjPtrTokens);
        return model.ForwardSamHeads(
            model.ConditionOnMemory(features.Embedding, memories), features.HighRes, points: null, masks: null,
            model.UseMultimask(false, 0)).MoveToOuterDisposeScope();
    }

    private FrameOutput Output(SamHeadsOutput heads, int index) => new(
        MaskCleanup.FillHolesInMaskScores(heads.LowResMasks.narrow(0, index, 1), options.FillHoleArea).clone(),
        heads.ObjectPointer.narrow(0, index, 1).clone(),
        heads.ObjectScores.narrow(0, index, 1).clone());

    /// <summary>One object's memory as it is kept: tokens, as a rule rounded to bfloat16.</summary>
    private Tensor Stored(Tensor memories, int index)
    {
        var tokens = Sam2Model.MemoryAsTokens(memories.narrow(0, index, 1));
        return options.FullPrecisionMemories ? tokens : tokens.to(bfloat16);
    }
}
