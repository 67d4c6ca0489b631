using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

public sealed partial class Sam2Model
{
    nn.Module IPromptableModel.Module => this;

    int IPromptableModel.ImageSize => Config.ImageSize;

    PictureFit IPromptableModel.PictureFit => PictureFit.Stretched;

    int IPromptableModel.MaskInputSize => sam_prompt_encoder.MaskInputSize;

    ImageFeatures IPromptableModel.EncodePicture(Tensor image)
    {
        using var scope = NewDisposeScope();
        var features = EncodeImage(image);
        return new ImageFeatures(AddNoMemoryEmbedding(features.Embedding), features.HighRes).MoveToOuterDisposeScope();
    }

    Tensor IPromptableModel.DensePositionEncoding() => sam_prompt_encoder.DensePositionEncoding();

    /// <summary>Score of every pixel of a mask whose object is predicted to be absent.</summary>
    public const float NoObjectScore = -1024;

    /// <summary>
    /// Predicts masks and an object pointer from prompts (sam2/modeling/sam2_base.py, <c>_forward_sam_heads</c>).
    /// </summary>
    /// <param name="embedding">Image embeddings, conditioned on memories or not, <c>[B, C, H, W]</c>; <c>[1, …]</c> is shared.</param>
    /// <param name="highRes">Skip connections; null for a model without them.</param>
    /// <param name="points">Points in pixels of the model's input, or null for none.</param>
    /// <param name="masks">Mask logits, <c>[B, 1, h, w]</c>, resized as needed, or null for none.</param>
    /// <param name="multimaskOutput">Whether three masks are predicted.</param>
    public SamHeadsOutput ForwardSamHeads(
        Tensor embedding, HighResFeatures? highRes, PointTensors? points, Tensor? masks, bool multimaskOutput)
    {
        using var scope = NewDisposeScope();
        var device = embedding.device;
        var batch = points?.Coordinates.size(0) ?? masks?.size(0) ?? embedding.size(0);
        points ??= new(zeros(batch, 1, 2, device: device), full(batch, 1, Scalars.Of(-1), dtype: int32, device: device));

        var decoded = DecodePrompts(embedding, highRes, points, masks, multimaskOutput);

        var appears = decoded.ObjectScores.gt(Scalars.Of(0));
        var lowRes = decoded.Masks;
        if (Config.PredObjScores)
            lowRes = where(appears.unsqueeze(2).unsqueeze(3), lowRes, full(1, Scalars.Of((double)NoObjectScore), device: device));

        var best = lowRes;
        var token = decoded.Tokens.select(1, 0);
        if (multimaskOutput)
        {
            var rows = TensorArithmetic.Range(0, batch, device: device);
            var index = decoded.Ious.argmax(-1);
            best = lowRes.index(rows, index).unsqueeze(1);
            if (decoded.Tokens.size(1) > 1) token = decoded.Tokens.index(rows, index);
        }

        var pointer = obj_ptr_proj.call(token);
        if (Config.PredObjScores)
        {
            var visible = Config.SoftNoObjPtr ? decoded.ObjectScores.sigmoid() : appears.to(float32);
            pointer = MixNoObjectPointer(pointer, visible);
        }
        return new SamHeadsOutput(lowRes, decoded.Ious, best, pointer, decoded.ObjectScores).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Prompt encoder and mask decoder: what the SAM heads and the prediction of masks in images have in common. In images, prompts
    /// without points have no sparse embedding, and objects aren't hidden (sam2/sam2_image_predictor.py, <c>_predict</c>).
    /// </summary>
    /// <param name="embedding">Image embeddings, <c>[B, C, H, W]</c>; <c>[1, …]</c> is shared.</param>
    /// <param name="highRes">Skip connections; null for a model without them.</param>
    /// <param name="points">Points in pixels of the model's input, or null for none.</param>
    /// <param name="masks">Mask logits, <c>[B, 1, h, w]</c>, resized as needed, or null for none.</param>
    /// <param name="multimaskOutput">Whether three masks are predicted.</param>
    /// <param name="positionEncoding">
    /// <see cref="Modeling.PromptEncoder.DensePositionEncoding"/>, for callers that decode many prompts; computed when null.
    /// </param>
    public MaskDecoderOutput DecodePrompts(
        Tensor embedding, HighResFeatures? highRes, PointTensors? points, Tensor? masks, bool multimaskOutput, Tensor? positionEncoding = null)
    {
        using var scope = NewDisposeScope();
        var (sparse, dense) = sam_prompt_encoder.call(points, masks is null ? null : ToMaskInputSize(masks));
        return sam_mask_decoder.call(
            embedding, positionEncoding ?? sam_prompt_encoder.DensePositionEncoding(), sparse, dense, highRes, multimaskOutput)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Mask logits at the model's resolution, <c>[B, M, S, S]</c>, from those of the decoder.</summary>
    public Tensor UpsampleMasks(Tensor lowRes) => F.interpolate(
        lowRes, size: [Config.ImageSize, Config.ImageSize], mode: InterpolationMode.Bilinear, align_corners: false);

    /// <summary>Whether the decoder predicts three masks (sam2/modeling/sam2_base.py, <c>_use_multimask</c>).</summary>
    /// <param name="isInitialConditioningFrame">Whether the frame is prompted and was not tracked before.</param>
    /// <param name="pointCount">Points of the prompt; a box counts as two.</param>
    public bool UseMultimask(bool isInitialConditioningFrame, long pointCount) =>
        Config.MultimaskOutputInSam
        && (isInitialConditioningFrame || Config.MultimaskOutputForTracking)
        && pointCount >= Config.MultimaskMinPtNum && pointCount <= Config.MultimaskMaxPtNum;

    /// <summary>The learned no-object pointer where the object is hidden.</summary>
    /// <param name="pointer"><c>[B, C]</c>.</param>
    /// <param name="visible"><c>[B, 1]</c>, 1 where the object is visible.</param>
    private Tensor MixNoObjectPointer(Tensor pointer, Tensor visible)
    {
        visible = visible.to(pointer.dtype);
        if (Config.FixedNoObjPtr) pointer = visible * pointer;
        return no_obj_ptr is null ? pointer : pointer.Plus(visible.SubtractedFrom(1) * no_obj_ptr);
    }

    private Tensor ToMaskInputSize(Tensor masks)
    {
        var size = sam_prompt_encoder.MaskInputSize;
        return masks.size(2) == size && masks.size(3) == size
            ? masks
            : F.interpolate(masks.to(float32), size: [size, size], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
    }
}

/// <summary>What prompt encoder and mask decoder make of B prompts.</summary>
/// <param name="LowResMultimasks">Mask logits, <c>[B, M, 4H, 4W]</c>, float32; M is 3 for multimask output, else 1.</param>
/// <param name="Ious">Predicted IoU of each mask, <c>[B, M]</c>, float32.</param>
/// <param name="LowResMasks">The mask with the highest predicted IoU, <c>[B, 1, 4H, 4W]</c>, float32.</param>
/// <param name="ObjectPointer"><c>[B, C]</c>.</param>
/// <param name="ObjectScores">Logits of the object being visible, <c>[B, 1]</c>, float32.</param>
public sealed record SamHeadsOutput(
    Tensor LowResMultimasks, Tensor Ious, Tensor LowResMasks, Tensor ObjectPointer, Tensor ObjectScores) : IDisposable
{
    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public SamHeadsOutput MoveToOuterDisposeScope()
    {
        foreach (var tensor in All) tensor.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in All) tensor.Dispose();
    }

    private Tensor[] All => [LowResMultimasks, Ious, LowResMasks, ObjectPointer, ObjectScores];
}

/// <summary>
/// The masks that the decoder proposes for B objects on a frame without prompts, each with the object pointer that it would leave behind:
/// <see cref="SamHeadsOutput"/> before one of them is taken.
/// </summary>
/// <param name="Masks">Mask logits, <c>[B, M, 4H, 4W]</c>, float32; M is 3 for a model that tracks with several masks, else 1.</param>
/// <param name="Ious">Predicted IoU of each mask, <c>[B, M]</c>, float32.</param>
/// <param name="ObjectPointers">The object pointer of each mask, <c>[B, M, C]</c>.</param>
/// <param name="ObjectScores">Logits of the objects being visible, <c>[B, 1]</c>, float32.</param>
public sealed record MaskCandidates(Tensor Masks, Tensor Ious, Tensor ObjectPointers, Tensor ObjectScores)
{
    /// <summary>The candidates of one object, as views.</summary>
    /// <param name="index">Its place in the batch.</param>
    public MaskCandidates Of(int index) => new(
        Masks.narrow(0, index, 1), Ious.narrow(0, index, 1), ObjectPointers.narrow(0, index, 1), ObjectScores.narrow(0, index, 1));

    /// <summary>One mask per object, in the form in which SAM 2's own choice comes.</summary>
    /// <param name="choice">The index of each object's mask, from 0 to M − 1.</param>
    public SamHeadsOutput Take(IReadOnlyList<int> choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        using var scope = NewDisposeScope();
        Tensor Pick(Tensor all) => cat([.. choice.Select((mask, i) => all.narrow(0, i, 1).narrow(1, mask, 1))], 0);
        return new SamHeadsOutput(
            Masks.alias(), Ious.alias(), Pick(Masks), Pick(ObjectPointers).squeeze(1), ObjectScores.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public MaskCandidates MoveToOuterDisposeScope()
    {
        foreach (var tensor in new[] { Masks, Ious, ObjectPointers, ObjectScores }) tensor.MoveToOuterDisposeScope();
        return this;
    }
}

public sealed partial class Sam2Model
{
    /// <summary>
    /// What <see cref="ForwardSamHeads"/> proposes on a frame without prompts, before the mask with the highest predicted IoU is taken. Where a model has one
    /// token for all masks (<c>use_multimask_token_for_obj_ptr</c> is off), their pointers are equal.
    /// </summary>
    /// <param name="embedding">Image embeddings, conditioned on memories, <c>[B, C, H, W]</c>.</param>
    /// <param name="highRes">Skip connections, <c>[1 or B, …]</c>; null for a model without them.</param>
    public MaskCandidates ForwardCandidates(Tensor embedding, HighResFeatures? highRes)
    {
        using var scope = NewDisposeScope();
        var (batch, device) = (embedding.size(0), embedding.device);
        var nothing = new PointTensors(zeros(batch, 1, 2, device: device), full(batch, 1, Scalars.Of(-1), dtype: int32, device: device));
        var decoded = DecodePrompts(embedding, highRes, nothing, masks: null, UseMultimask(isInitialConditioningFrame: false, pointCount: 0));

        var appears = decoded.ObjectScores.gt(Scalars.Of(0));
        var masks = decoded.Masks;
        if (Config.PredObjScores)
            masks = where(appears.unsqueeze(2).unsqueeze(3), masks, full(1, Scalars.Of((double)NoObjectScore), device: device));

        var pointers = obj_ptr_proj.call(decoded.Tokens);
        if (Config.PredObjScores)
        {
            var visible = Config.SoftNoObjPtr ? decoded.ObjectScores.sigmoid() : appears.to(float32);
            pointers = MixNoObjectPointer(pointers, visible.unsqueeze(1));
        }

        if (pointers.size(1) != masks.size(1)) pointers = pointers.narrow(1, 0, 1).expand(-1, masks.size(1), -1);
        return new MaskCandidates(masks, decoded.Ious, pointers, decoded.ObjectScores).MoveToOuterDisposeScope();
    }
}
