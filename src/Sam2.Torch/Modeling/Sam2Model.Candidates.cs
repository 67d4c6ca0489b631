using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

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
        var (batch, device) = (embedding.shape[0], embedding.device);
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

        if (pointers.shape[1] != masks.shape[1]) pointers = pointers.narrow(1, 0, 1).expand(-1, masks.shape[1], -1);
        return new MaskCandidates(masks, decoded.Ious, pointers, decoded.ObjectScores).MoveToOuterDisposeScope();
    }
}
