using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Masks;

/// <summary>The boxes around masks, for a whole batch at once, on the masks' device.</summary>
public static class BoxFromMask
{
    /// <summary>
    /// Boxes as the automatic mask generator uses them (<c>sam2/utils/amg.py</c>, <c>batched_mask_to_box</c>): corners in
    /// pixels, the lower right one included; zeros for an empty mask.
    /// </summary>
    /// <param name="masks">Bool <c>[..., H, W]</c>.</param>
    /// <returns>Int64 <c>[..., 4]</c>: x0, y0, x1, y1.</returns>
    public static Tensor Compute(Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        using var scope = NewDisposeScope();
        var edges = Edges(masks);
        var full = edges.x1.ge(edges.x0).to_type(ScalarType.Int64).unsqueeze(-1);
        return (Stack(edges) * full).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Boxes as training uses them (<c>sam2/utils/misc.py</c>, <c>mask_to_box</c>): the same, but an empty mask gives
    /// <c>(W, H, −1, −1)</c>.
    /// </summary>
    /// <param name="masks">Bool <c>[..., H, W]</c>, for example <c>[B, 1, H, W]</c>.</param>
    /// <returns>Int64 <c>[..., 4]</c>: x0, y0, x1, y1.</returns>
    public static Tensor ComputeWithEmptyInverted(Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        using var scope = NewDisposeScope();
        return Stack(Edges(masks)).MoveToOuterDisposeScope();
    }

    private static Tensor Stack((Tensor x0, Tensor y0, Tensor x1, Tensor y1) edges) =>
        torch.stack([edges.x0, edges.y0, edges.x1, edges.y1], dim: -1);

    private static (Tensor x0, Tensor y0, Tensor x1, Tensor y1) Edges(Tensor masks)
    {
        var (top, bottom) = FirstAndLast(masks.any(-1));
        var (left, right) = FirstAndLast(masks.any(-2));
        return (left, top, right, bottom);
    }

    /// <summary>First and last true position along the last dimension; its length and −1 where nothing is true.</summary>
    private static (Tensor First, Tensor Last) FirstAndLast(Tensor flags)
    {
        long length = flags.size(-1);
        var positions = TensorArithmetic.Range(0, length, device: flags.device).expand(flags.shape);
        var off = flags.logical_not();
        return (positions.masked_fill(off, Scalars.Of(length)).amin([-1]), positions.masked_fill(off, Scalars.Of(-1)).amax([-1]));
    }
}
