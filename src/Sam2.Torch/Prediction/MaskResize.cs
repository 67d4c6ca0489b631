using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TorchSharp;
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
        var (batch, masks) = (lowRes.size(0), lowRes.size(1));
        var flat = lowRes.flatten(0, 1).unsqueeze(0);
        var result = empty([1, batch * masks, height, width], dtype: ScalarType.Bool, device: lowRes.device);
        if (lowRes.device_type == DeviceType.CPU && lowRes.dtype == ScalarType.Float32)
        {
            CompareRows(flat[0], result[0], (float)threshold);
            return result.view(batch, masks, height, width).MoveToOuterDisposeScope();
        }

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
        var (height, width, sourceHeight) = (result.size(2), result.size(3), lowRes.size(2));
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

    /// <summary>
    /// The same on a CPU, row by row, without tensors of the image's size: libtorch's interpolation looks up each pixel's four neighbours, and takes six times
    /// as long (192 masks at 600×800 pixels, two cores).
    /// </summary>
    private static void CompareRows(Tensor lowRes, Tensor result, float threshold)
    {
        var (sourceHeight, sourceWidth) = ((int)lowRes.size(1), (int)lowRes.size(2));
        var (height, width) = (checked((int)result.size(1)), checked((int)result.size(2)));
        var (rows, columns) = (new AxisInterpolation(sourceHeight, height), new AxisInterpolation(sourceWidth, width));
        var contiguous = lowRes.contiguous();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        // Some rows at a time, so that one large mask occupies all threads too.
        var rowsPerPiece = Math.Max(1, Math.Min(height, 100_000 / width));
        var piecesPerMask = (height + rowsPerPiece - 1) / rowsPerPiece;
        Parallel.For(0, checked((int)lowRes.size(0) * piecesPerMask), parallel, piece =>
        {
            using var scope = NewDisposeScope();
            var (mask, top) = (piece / piecesPerMask, piece % piecesPerMask * rowsPerPiece);
            var logits = TensorMemory.Span<float>(contiguous[mask]);
            var pixels = TensorMemory.Span<byte>(result[mask]);
            Span<float> line = new float[columns.LineLength];
            for (var y = top; y < Math.Min(top + rowsPerPiece, height); y++)
            {
                var (before, after) = (rows.Index[y], Math.Min(rows.Index[y] + 1, sourceHeight - 1));
                AxisInterpolation.Blend(
                    logits.Slice(before * sourceWidth, sourceWidth), logits.Slice(after * sourceWidth, sourceWidth), rows.Weight[y], line);
                CompareColumns(line, columns, threshold, pixels.Slice(y * width, width));
            }
        });
    }

    // Compiled at full speed at once: a click on a picture calls it 600 times, which otherwise takes longer than all of the decoder's small steps.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CompareColumns(ReadOnlySpan<float> line, AxisInterpolation columns, float threshold, Span<byte> pixels)
    {
        // Eight pixels at a time: three masks at 600×800 pixels take 0.55 ms instead of 1.4.
        var limit = Vector256.Create(threshold);
        Span<byte> eight = stackalloc byte[8];
        for (var x = 0; x < pixels.Length; x += eight.Length)
        {
            var above = Vector256.GreaterThan(columns.Pixels(line, x), limit).AsInt32();
            var ones = Vector128.Narrow(Vector256.Narrow(above, above).GetLower(), default).AsByte() & Vector128.Create((byte)1);
            if (pixels.Length - x >= eight.Length)
            {
                ones.GetLower().CopyTo(pixels[x..]);
            }
            else
            {
                ones.GetLower().CopyTo(eight);
                eight[..(pixels.Length - x)].CopyTo(pixels[x..]);
            }
        }
    }
}
