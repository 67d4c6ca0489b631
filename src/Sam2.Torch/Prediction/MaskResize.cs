using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

/// <summary>Brings mask logits to the image's size.</summary>
public static class MaskResize
{
    /// <summary>Logits at the image's size, in pieces of at most this many values (8 MB), which stay in the processor's cache.</summary>
    private const long PieceElements = 2 << 20;

    /// <summary>Bilinear interpolation of <c>[N, M, h, w]</c> to <c>[N, M, height, width]</c>, float32.</summary>
    public static Tensor Logits(Tensor lowRes, long height, long width) => F.interpolate(
        lowRes, size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false);

    /// <summary>
    /// Where the interpolated logits exceed <paramref name="threshold"/>: <c>[N, M, height, width]</c>, bool. The logits never
    /// exist at this size as a whole.
    /// </summary>
    public static Tensor Binary(Tensor lowRes, long height, long width, double threshold)
    {
        using var scope = NewDisposeScope();
        var (batch, masks) = (lowRes.shape[0], lowRes.shape[1]);
        var flat = lowRes.flatten(0, 1).unsqueeze(0);
        var result = empty([1, batch * masks, height, width], dtype: ScalarType.Bool, device: lowRes.device);
        var perPiece = Math.Max(1, PieceElements / (height * width));
        for (long i = 0; i < batch * masks; i += perPiece)
        {
            using var piece = NewDisposeScope();
            var count = Math.Min(perPiece, batch * masks - i);
            if (height * width <= PieceElements)
                result.narrow(1, i, count).copy_(Logits(flat.narrow(1, i, count), height, width).gt(Scalars.Of(threshold)));
            else
                BinaryStrips(flat.narrow(1, i, count), result.narrow(1, i, count), threshold);
        }
        return result.view(batch, masks, height, width).MoveToOuterDisposeScope();
    }

    /// <summary>The same, some rows at a time, for masks that are too large as a whole.</summary>
    private static void BinaryStrips(Tensor lowRes, Tensor result, double threshold)
    {
        var (height, width, sourceHeight) = (result.shape[2], result.shape[3], lowRes.shape[2]);
        var rows = Math.Max(1, PieceElements / width);
        for (long y = 0; y < height; y += rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, height - y);
            // Rows by hand, as interpolation places them, then columns by interpolation at an unchanged height.
            var position = TensorArithmetic.Range(y, y + count, float64, lowRes.device)
                .Plus(0.5).Times(sourceHeight).DividedBy(height).Minus(0.5).clamp_min(Scalars.Of(0));
            var upper = position.floor();
            var weight = (position - upper).to(float32).view(1, 1, -1, 1);
            var index = upper.to(int64);
            var lower = index.Plus(1).clamp_max(Scalars.Of(sourceHeight - 1));
            var strip = (lowRes.index_select(2, index) * weight.SubtractedFrom(1)).Plus(lowRes.index_select(2, lower) * weight);
            result.narrow(2, y, count).copy_(Logits(strip, count, width).gt(Scalars.Of(threshold)));
        }
    }
}
