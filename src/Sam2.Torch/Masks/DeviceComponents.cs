using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Masks;

/// <summary>
/// Finds small components of masks with tensor operations alone, so that no mask has to leave its device: reading one back makes the
/// processor wait for everything that the device was asked to do before.
/// </summary>
internal static class DeviceComponents
{
    /// <summary>Largest area for which this is worth it: each pixel of it costs a pass over the masks.</summary>
    public const double MaxArea = 1024;

    /// <summary>
    /// Marks 8-connected components of at most <paramref name="maxArea"/> pixels.
    /// <para>
    /// Every pixel takes the largest label among its neighbours, as often as a component of that area is wide at most. In a small component all
    /// labels are then equal. In a larger one they may differ, and where they do a label has a neighbour with another one, which no
    /// complete component has.
    /// </para>
    /// </summary>
    /// <param name="mask"><c>[…, H, W]</c>, bool, on any device.</param>
    /// <param name="maxArea">In pixels.</param>
    /// <returns>A mask of the same shape.</returns>
    public static Tensor Mark(Tensor mask, double maxArea)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (mask.shape[^2], mask.shape[^1]);
        var pixels = height * width;
        var area = (long)Math.Min(Math.Floor(maxArea), pixels);
        if (area < 1) return zeros_like(mask).MoveToOuterDisposeScope();

        // Labels are whole numbers, which float32 holds exactly up to 2^24.
        var type = pixels < 1 << 24 ? ScalarType.Float32 : ScalarType.Float64;
        var inside = mask.reshape(-1, 1, height, width);
        var factor = inside.to(type);
        var labels = TensorArithmetic.Range(1, pixels + 1, type, mask.device).view(1, 1, height, width) * factor;
        for (long step = 1; step < area; step++)
        {
            var spread = Largest(labels, factor);
            labels.Dispose();
            labels = spread;
        }

        // Outside of the mask, more than any label.
        var smallest = labels.Plus(factor.SubtractedFrom(1).Times(pixels + 1)).negative();
        var settled = Largest(labels, factor).eq(labels).bitwise_and(Pool(smallest).negative().eq(labels).bitwise_or(inside.bitwise_not()));

        var index = labels.to(int64).flatten(1);
        var sizes = CountByLabel(index, ones_like(index, dtype: type), pixels);
        var open = CountByLabel(index, settled.bitwise_not().to(type).flatten(1), pixels);
        var small = sizes.le(Scalars.Of(area)).bitwise_and(open.eq(Scalars.Of(0)));
        return small.gather(1, index).reshape(mask.shape).bitwise_and(mask).MoveToOuterDisposeScope();
    }

    /// <summary>The largest label of each pixel's neighbourhood; 0 outside of the mask.</summary>
    private static Tensor Largest(Tensor labels, Tensor factor)
    {
        using var largest = Pool(labels);
        return largest * factor;
    }

    private static Tensor Pool(Tensor x) => F.max_pool2d(x, [3, 3], [1, 1], [1, 1]);

    private static Tensor CountByLabel(Tensor index, Tensor counted, long labels)
    {
        using var none = zeros([index.shape[0], labels + 1], dtype: counted.dtype, device: index.device);
        return none.scatter_add(1, index, counted);
    }
}
