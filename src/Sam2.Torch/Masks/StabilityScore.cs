using static TorchSharp.torch;

namespace Sam2.Torch.Masks;

/// <summary>How little a mask changes when its threshold moves (<c>sam2/utils/amg.py</c>, <c>calculate_stability_score</c>).</summary>
public static class StabilityScore
{
    /// <summary>
    /// The IoU between the masks at <c>threshold + offset</c> and <c>threshold − offset</c>; the first lies within the second,
    /// so two areas suffice.
    /// </summary>
    /// <param name="logits">Mask logits <c>[..., H, W]</c>, any device.</param>
    /// <param name="threshold">The mask threshold.</param>
    /// <param name="offset">How far the threshold moves, not negative.</param>
    /// <returns>A Float32 tensor <c>[...]</c> in [0, 1]; 0 where both masks are empty.</returns>
    public static Tensor Compute(Tensor logits, double threshold, double offset)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        using var scope = NewDisposeScope();
        var inner = Area(logits.gt(Scalars.Of(threshold + offset)));
        var outer = Area(logits.gt(Scalars.Of(threshold - offset)));

        // The original divides 0 by 0 here; an empty mask is not stable, and NaN would escape every comparison.
        return (inner / outer.clamp_min(Scalars.Of(1))).MoveToOuterDisposeScope();
    }

    private static Tensor Area(Tensor masks) =>
        masks.sum([-2, -1], type: ScalarType.Int64).to_type(ScalarType.Float32);
}
