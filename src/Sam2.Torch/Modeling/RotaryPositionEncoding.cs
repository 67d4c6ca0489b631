using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Axial rotary position encoding (RoPE) of a grid of tokens: the first half of the channel pairs turns with the column,
/// the second half with the row (SAM 2 paper, memory attention; sam2/modeling/position_encoding.py).
/// Everything is real arithmetic, and a pair's two channels lie half the channels apart: <see cref="PairedChannelOrder"/>
/// says how the projections' channels have to be ordered for that. Scores of queries and keys don't depend on the order
/// as long as both share it.
/// </summary>
public static class RotaryPositionEncoding
{
    /// <summary>
    /// Cosines and sines of every token's angles, both [width · height, dim / 2], float32, rows before columns.
    /// </summary>
    /// <param name="dim">Channels of a head, a multiple of 4.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="theta">Base of the wavelengths.</param>
    /// <param name="device">Where the tables are needed.</param>
    /// <exception cref="ArgumentException"><paramref name="dim"/> isn't a positive multiple of 4.</exception>
    public static (Tensor Cos, Tensor Sin) Tables(int dim, int width, int height, double theta, Device device)
    {
        if (dim <= 0 || dim % 4 != 0)
            throw new ArgumentException($"Rotary position encoding needs a multiple of 4 channels per head, got {dim}.", nameof(dim));

        int perAxis = dim / 4, half = dim / 2;
        var frequencies = new float[perAxis];
        for (var i = 0; i < perAxis; i++) frequencies[i] = 1f / (float)Math.Pow(theta, 4f * i / dim);

        var cos = new float[width * height * half];
        var sin = new float[cos.Length];
        for (var token = 0; token < width * height; token++)
        {
            for (var i = 0; i < half; i++)
            {
                var position = i < perAxis ? token % width : token / width;
                var angle = position * frequencies[i % perAxis];
                cos[token * half + i] = (float)Math.Cos(angle);
                sin[token * half + i] = (float)Math.Sin(angle);
            }
        }

        using var scope = NewDisposeScope();
        return (
            torch.tensor(cos, [width * height, half]).to(device).MoveToOuterDisposeScope(),
            torch.tensor(sin, [width * height, half]).to(device).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The order that brings interleaved channel pairs (0, 1), (2, 3), … of each head to (0, dim / 2), (1, dim / 2 + 1), …:
    /// element i of the result is the channel that comes to place i. Int64, [numHeads · dim].
    /// </summary>
    public static Tensor PairedChannelOrder(int dim, int numHeads, Device device)
    {
        var order = new long[numHeads * dim];
        for (var head = 0; head < numHeads; head++)
        {
            for (var i = 0; i < dim; i++)
                order[head * dim + i] = head * dim + (i < dim / 2 ? 2 * i : 2 * (i - dim / 2) + 1);
        }

        return torch.tensor(order, device: device);
    }

    /// <summary>Rotates <paramref name="x"/>, [B, heads, repeats · N, dim], by the tables [N, dim / 2]; differentiable.</summary>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var pairs = Pairs(x, cos);
        var (first, second) = (pairs.select(-2, 0), pairs.select(-2, 1));
        return torch.stack([first * cos - second * sin, first * sin + second * cos], -2)
            .view(x.shape).to_type(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Rotates <paramref name="x"/>, [B, heads, repeats · N, dim], in place. Not for tensors that autograd follows, nor for
    /// tensors that others still need.
    /// </summary>
    public static void RotateInPlace(Tensor x, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var pairs = Pairs(x, cos);
        var (first, second) = (pairs.select(-2, 0), pairs.select(-2, 1));
        if (x.dtype != ScalarType.Float32)
        {
            // Angles are delicate: rotate in float32, round once.
            var (a, b) = (first.to_type(ScalarType.Float32), second.to_type(ScalarType.Float32));
            first.copy_(a * cos - b * sin);
            second.copy_(a * sin + b * cos);
            return;
        }

        var rotated = (first * cos).addcmul_(second, sin, -1);
        second.mul_(cos).addcmul_(first, sin, 1);
        first.copy_(rotated);
    }

    /// <summary>[B, heads, repeats · N, dim] as [B, heads, repeats, N, 2, dim / 2].</summary>
    private static Tensor Pairs(Tensor x, Tensor table)
    {
        long tokens = table.shape[0], half = table.shape[1];
        if (x.shape[2] % tokens != 0 || x.shape[3] != 2 * half)
        {
            throw new ArgumentException(
                $"Rotary tables [{tokens}, {half}] don't fit [{string.Join(", ", x.shape)}]: " +
                $"the tokens must be a multiple of {tokens} and the channels {2 * half}.", nameof(x));
        }

        return x.view(x.shape[0], x.shape[1], x.shape[2] / tokens, tokens, 2, half);
    }
}
