using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

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
        if (logits.shape[0] == 1) return logits.alias();
        using var scope = NewDisposeScope();
        var best = logits.argmax(0, keepdim: true);
        var objects = TensorArithmetic.Range(0, logits.shape[0], device: logits.device).view(-1, 1, 1, 1);
        return where(best == objects, logits, logits.clamp_max(Scalars.Of(-10.0))).MoveToOuterDisposeScope();
    }
}
