using Sam2.Torch.Configuration;
using Sam2.Torch.Runtime;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

public sealed partial class Sam2Model
{
    /// <summary>
    /// Encodes a frame and its masks into spatial memories (sam2/modeling/sam2_base.py, <c>_encode_new_memory</c>).
    /// </summary>
    /// <param name="imageEmbedding">Image embedding without memory, [B, C, H, W]; [1, C, H, W] when B objects share the frame.</param>
    /// <param name="maskLogits">Mask logits at image size, [B, 1, S, S].</param>
    /// <param name="objectScoreLogits">Object scores before the sigmoid, [B, 1].</param>
    /// <param name="binarize">
    /// Whether masks are binarised before they are encoded, as masks that answer a user's prompts can be
    /// (<see cref="Sam2Config.BinarizeMaskFromPtsForMemEnc"/>); never in training mode.
    /// </param>
    /// <param name="objectsOfOneFrame">
    /// Whether the batch are objects of one frame, whose masks the configuration can require to be disjoint (inference only).
    /// </param>
    /// <returns>Memories, [B, Cm, H, W].</returns>
    public Tensor EncodeMemory(
        Tensor imageEmbedding, Tensor maskLogits, Tensor objectScoreLogits, bool binarize, bool objectsOfOneFrame = false)
    {
        using var scope = NewDisposeScope();
        if (objectsOfOneFrame && Config.NonOverlapMasksForMemEnc && !training) maskLogits = NonOverlappingMasks.Apply(maskLogits);

        Exponentials.KeepExpFast(maskLogits);
        var masks = binarize && !training ? maskLogits.gt(Scalars.Of(0)).to(imageEmbedding.dtype) : maskLogits.sigmoid().to(imageEmbedding.dtype);
        masks = masks.Times(Config.SigmoidScaleForMemEnc).Plus(Config.SigmoidBiasForMemEnc);
        var memories = memory_encoder.call(imageEmbedding, masks);
        if (no_obj_embed_spatial is not null)
        {
            var occluded = objectScoreLogits.le(Scalars.Of(0)).to(memories.dtype);
            memories = memories.Plus((occluded * no_obj_embed_spatial).unsqueeze(-1).unsqueeze(-1));
        }

        return memories.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Lets memories pass the recurrent unit, for a model that has one (<see cref="Sam2Config.RecurrentMemory"/>); else they stay
    /// as they are. A prompted frame starts anew: nothing comes before what the user says.
    /// </summary>
    /// <param name="memories">Memories of a frame, [B, Cm, H, W].</param>
    /// <param name="previous">For each of the B objects, or for all in one, what the frame before left; null where there is nothing.</param>
    /// <returns>[B, Cm, H, W].</returns>
    public Tensor MergeWithPrevious(Tensor memories, params IReadOnlyList<FrameMemory?> previous)
    {
        if (memory_gru is null) return memories.alias();
        using var scope = NewDisposeScope();
        var states = previous.Count == 0 || previous.All(p => p is null)
            ? zeros_like(memories)
            : cat([.. previous.Select(p => p is null ? zeros_like(memories.narrow(0, 0, 1)) : MemoryAsMap(p.Features, memories))], 0);
        return memory_gru.call(memories, states).MoveToOuterDisposeScope();
    }

    /// <summary>The memory of the frame before, in the order of tracking; null if it isn't remembered.</summary>
    /// <param name="at">A frame.</param>
    /// <param name="bank">What is remembered.</param>
    public static FrameMemory? PreviousMemory(FramePosition at, IMemoryBank bank)
    {
        var previous = at.Reverse ? at.Frame + 1 : at.Frame - 1;
        return bank.HasOther(previous) ? bank.Other(previous)
            : bank.ConditioningFrames.Contains(previous) ? bank.Conditioning(previous)
            : null;
    }

    /// <summary>The inverse of <see cref="MemoryAsTokens"/>, in the type and grid of <paramref name="like"/>.</summary>
    private static Tensor MemoryAsMap(Tensor tokens, Tensor like)
    {
        using var scope = NewDisposeScope();
        return tokens.to(like.dtype, like.device).transpose(1, 2)
            .reshape(tokens.size(0), tokens.size(2), like.size(2), like.size(3)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A memory [B, Cm, H, W] as the tokens that a <see cref="FrameMemory"/> keeps, [B, <see cref="Sam2Config.TokensPerMemory"/>, Cm], contiguous: its pixels row by
    /// row, or what the spatial perceiver makes of them.
    /// </summary>
    public Tensor MemoryAsTokens(Tensor memory)
    {
        using var scope = NewDisposeScope();
        if (spatial_perceiver is not null) return spatial_perceiver.call(memory, memory_position_encoding.call(memory)).contiguous().MoveToOuterDisposeScope();
        return memory.flatten(2).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Gathers what a frame attends to, as the memory bank selects it: conditioning frames, the last other frames, and object pointers,
    /// with their positions in space and time.
    /// </summary>
    /// <param name="at">The frame that attends.</param>
    /// <param name="imageEmbedding">Its image embedding, <c>[·, C, H, W]</c>, for grid, type and device.</param>
    /// <param name="bank">What is remembered, with at least one conditioning frame.</param>
    /// <exception cref="InvalidOperationException">
    /// There is no conditioning frame, or the bank selects nothing or a position in time that the model doesn't know.
    /// </exception>
    public MemoryTokens GatherMemories(FramePosition at, Tensor imageEmbedding, IMemoryBank bank)
    {
        if (bank.ConditioningFrames.Count == 0)
            throw new InvalidOperationException($"Frame {at.Frame} can't be tracked: no conditioning frame is remembered. Prompt a frame first.");

        using var scope = NewDisposeScope();
        var selection = bank.Select(Config, at, training);
        Check(selection, at);
        FrameMemory Resolve(MemoryReference reference) => reference.Conditioning ? bank.Conditioning(reference.Frame) : bank.Other(reference.Frame);

        var space = MemoryPosition(imageEmbedding);
        var tokens = new List<Tensor>();
        var positions = new List<Tensor>();
        foreach (var reference in selection.Memories)
        {
            tokens.Add(Resolve(reference).Features.to(imageEmbedding.dtype, imageEmbedding.device));
            positions.Add(space.Plus(maskmem_tpos_enc[Config.NumMaskmem - reference.Offset - 1]));
        }

        var numObjPtrTokens = 0;
        if (selection.Pointers.Count > 0)
        {
            var (pointers, pointerPositions) = PointerTokens(
                selection, stack(selection.Pointers.Select(p => Resolve(p).ObjectPointer), 1).to(imageEmbedding.dtype, imageEmbedding.device));
            tokens.Add(pointers);
            positions.Add(pointerPositions);
            numObjPtrTokens = (int)pointers.size(1);
        }

        return new(
            cat(tokens, 1).MoveToOuterDisposeScope(),
            cat(positions, 1).to(imageEmbedding.dtype).MoveToOuterDisposeScope(),
            numObjPtrTokens);
    }

    /// <summary>
    /// Gathers memories of images that have no order in time: all count as conditioning frames, and there are no object pointers,
    /// whose encoding would need a distance in time.
    /// </summary>
    /// <param name="imageEmbedding">Embedding [·, C, H, W] of the image that attends, for grid, type and device.</param>
    /// <param name="memories">At least one, all of B objects.</param>
    /// <exception cref="ArgumentException">There is no memory.</exception>
    public MemoryTokens GatherUnorderedMemories(Tensor imageEmbedding, IReadOnlyList<FrameMemory> memories)
    {
        if (memories.Count == 0) throw new ArgumentException("There is no memory to attend to.", nameof(memories));
        using var scope = NewDisposeScope();
        var position = MemoryPosition(imageEmbedding).Plus(maskmem_tpos_enc[Config.NumMaskmem - 1]).to(imageEmbedding.dtype);
        return new(
            cat(memories.Select(m => m.Features.to(imageEmbedding.dtype, imageEmbedding.device)).ToArray(), 1).MoveToOuterDisposeScope(),
            position.repeat(1, memories.Count, 1).MoveToOuterDisposeScope(),
            NumObjPtrTokens: 0);
    }

    /// <summary>
    /// Conditions a frame's image embedding on memories (sam2/modeling/sam2_base.py, <c>_prepare_memory_conditioned_features</c>).
    /// </summary>
    /// <param name="imageEmbedding">[B, C, H, W]; [1, C, H, W] when B objects share the frame.</param>
    /// <param name="memories">What the frame attends to, for B objects.</param>
    /// <returns>[B, C, H, W].</returns>
    public Tensor ConditionOnMemory(Tensor imageEmbedding, MemoryTokens memories)
    {
        using var scope = NewDisposeScope();
        var conditioned = memory_attention.call(
            imageEmbedding.flatten(2).transpose(1, 2),
            image_position_encoding.call(imageEmbedding).flatten(2).transpose(1, 2),
            memories.Memory, memories.Position, memories.NumObjPtrTokens);
        return conditioned.transpose(1, 2)
            .reshape(conditioned.size(0), conditioned.size(2), imageEmbedding.size(2), imageEmbedding.size(3))
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What <see cref="ConditionOnMemory"/> is for a frame that has no memories: an initial conditioning frame, or any frame of a
    /// model without memory.
    /// </summary>
    /// <param name="imageEmbedding">[B, C, H, W].</param>
    /// <returns>[B, C, H, W].</returns>
    public Tensor ConditionOnNothing(Tensor imageEmbedding)
    {
        if (Config.NumMaskmem == 0) return imageEmbedding.alias();

        using var scope = NewDisposeScope();
        if (Config.DirectlyAddNoMemEmbed) return imageEmbedding.Plus(no_mem_embed.view(1, -1, 1, 1)).MoveToOuterDisposeScope();

        // A single token without place stands for the missing memories.
        var batch = imageEmbedding.size(0);
        var nothing = new MemoryTokens(
            no_mem_embed.expand(batch, 1, Config.MemDim), no_mem_pos_enc.expand(1, 1, Config.MemDim), NumObjPtrTokens: 1);
        return ConditionOnMemory(imageEmbedding, nothing).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Takes masks as the output of a frame, without the mask decoder (sam2/modeling/sam2_base.py, <c>_use_mask_as_output</c>).
    /// The decoder only makes an object pointer of them.
    /// </summary>
    /// <param name="features">The frame, [B or 1, …].</param>
    /// <param name="masks">Binary masks at the model's resolution, [B, 1, S, S], float, 0 or 1.</param>
    /// <returns>Mask logits of ±10; an object counts as visible if its mask has any pixel.</returns>
    public SamHeadsOutput UseMaskAsOutput(ImageFeatures features, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var batch = masks.size(0);
        var highRes = MaskAsLogits(masks);
        var lowRes = F.interpolate(
            highRes, size: [highRes.size(2) / 4, highRes.size(3) / 4], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);

        var visible = masks.flatten(1).amax([1], keepdim: true).gt(Scalars.Of(0)).to(float32);
        Tensor pointer;
        if (mask_downsample is null)
        {
            pointer = zeros(batch, Config.HiddenDim, dtype: Precision, device: masks.device);
        }
        else
        {
            var prompt = mask_downsample.call(masks.to(Precision));
            pointer = ForwardSamHeads(features.Embedding, features.HighRes, points: null, prompt, multimaskOutput: false).ObjectPointer;
        }

        if (Config.PredObjScores) pointer = MixNoObjectPointer(pointer, visible);
        return new SamHeadsOutput(
            lowRes.alias(), ones(batch, 1, device: masks.device), lowRes, pointer, MaskAsLogits(visible)).MoveToOuterDisposeScope();
    }

    /// <summary>0 and 1 as logits −10 and 10, whose sigmoids differ from 0 and 1 by 5e-5.</summary>
    public static Tensor MaskAsLogits(Tensor masks)
    {
        using var scope = NewDisposeScope();
        return masks.to(float32).Times(20).Minus(10).MoveToOuterDisposeScope();
    }

    /// <summary>Memory banks can be anyone's; an index that is out of range would count from the end.</summary>
    private void Check(MemorySelection selection, FramePosition at)
    {
        if (selection.Memories.Count + selection.Pointers.Count == 0)
            throw new InvalidOperationException($"Frame {at.Frame} attends to nothing: its memory bank selects neither memories nor object pointers.");
        foreach (var memory in selection.Memories)
        {
            if (memory.Offset < 0 || memory.Offset >= Config.NumMaskmem)
            {
                throw new InvalidOperationException(
                    $"The memory of frame {memory.Frame} is selected with the temporal position {memory.Offset}; this model knows 0 to {Config.NumMaskmem - 1}.");
            }
        }
    }

    /// <summary>Spatial position encoding of a memory's tokens, [1, tokens, Cm], float32; without a perceiver they lie on the grid of <paramref name="imageEmbedding"/>.</summary>
    private Tensor MemoryPosition(Tensor imageEmbedding) => spatial_perceiver is not null
        ? spatial_perceiver.Position(imageEmbedding.device)
        : memory_position_encoding.Encode(imageEmbedding.size(2), imageEmbedding.size(3), imageEmbedding.device)
            .flatten(2).transpose(1, 2).contiguous();

    /// <summary>
    /// Object pointers [B, P, C] as memory-wide tokens [B, P · C / Cm, Cm], and their temporal encoding [1, P · C / Cm, Cm].
    /// </summary>
    private (Tensor Tokens, Tensor Positions) PointerTokens(MemorySelection selection, Tensor pointers)
    {
        using var scope = NewDisposeScope();
        long count = pointers.size(1);
        int dim = Config.HiddenDim, width = Config.MemDim, split = width < dim ? dim / width : 1;
        Tensor positions;
        if (Config.AddTposEncToObjPtrs)
        {
            float scale = Math.Max(selection.MaxPointers - 1, 1);
            positions = TemporalPositionEncoding.Encode(
                selection.Pointers.Select(p => p.Offset / scale).ToArray(), Config.ProjTposEncInObjPtrs ? dim : width, pointers.device);
            positions = obj_ptr_tpos_proj.call(positions.to(pointers.dtype));
        }
        else
        {
            positions = zeros(count, width, dtype: pointers.dtype, device: pointers.device);
        }

        positions = positions.repeat_interleave(split, 0).unsqueeze(0);
        return (
            pointers.reshape(pointers.size(0), count * split, width).MoveToOuterDisposeScope(),
            positions.MoveToOuterDisposeScope());
    }
}

/// <summary>
/// Makes the masks of one frame's objects disjoint (sam2/modeling/sam2_base.py, <c>_apply_non_overlapping_constraints</c>).
/// </summary>
public static class NonOverlappingMasks
{
    /// <summary>
    /// Keeps, at every pixel, the logits of the object with the highest one; the others' are lowered to at most −10.
    /// </summary>
    /// <param name="logits">One object per batch entry, [B, 1, H, W].</param>
    /// <returns>[B, 1, H, W].</returns>
    public static Tensor Apply(Tensor logits)
    {
        if (logits.size(0) == 1) return logits.alias();
        using var scope = NewDisposeScope();
        var best = logits.argmax(0, keepdim: true);
        var objects = TensorArithmetic.Range(0, logits.size(0), device: logits.device).view(-1, 1, 1, 1);
        return where(best == objects, logits, logits.clamp_max(Scalars.Of(-10.0))).MoveToOuterDisposeScope();
    }
}
