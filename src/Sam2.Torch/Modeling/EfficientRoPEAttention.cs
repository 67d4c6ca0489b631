using Sam2.Torch.Configuration;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The efficient cross-attention to memories of EfficientTAM (arXiv 2411.18933, section 3.3;
/// efficient_track_anything/modeling/sam/transformer.py, <c>EfficientRoPEAttention1</c> and <c>2</c>): where there are several memories, their
/// keys and values are averaged over squares of 2×2 tokens. Object pointers, and a memory that is alone, stay as they are.
/// </summary>
/// <remarks>
/// A key that stands for four tokens is to weigh as much as they do, so log 4 is added to its logit. The second kind adds that number to every channel of the
/// key instead, and its published weights are trained with that.
/// </remarks>
public class EfficientRoPEAttention : RoPEAttention
{
    private const int Side = 2;

    private static readonly double LogCount = Math.Log(Side * Side);

    private readonly AttentionConfig _config;

    /// <summary>Builds the layer with freshly initialised projections.</summary>
    /// <param name="config">The architecture; its kind is one of the two.</param>
    /// <exception cref="ArgumentException">The kind is another, or the heads don't divide the channels.</exception>
    public EfficientRoPEAttention(AttentionConfig config) : base(config)
    {
        if (config.Kind is not (AttentionKind.EfficientRoPEAttention1 or AttentionKind.EfficientRoPEAttention2))
            throw new ArgumentException($"The kind of attention is {config.Kind}; averaged memories are {AttentionKind.EfficientRoPEAttention1} and {AttentionKind.EfficientRoPEAttention2}.", nameof(config));
        _config = config;
    }

    // Memories are a quarter as large here, and their keys are no projection of them.
    private protected override bool IsWorthBlocks(Tensor key) => false;

    /// <inheritdoc/>
    private protected override Tensor Attend(Tensor q, Tensor k, Tensor v, long numKExcludeRope)
    {
        var placed = k.shape[2] - numKExcludeRope;
        if (!_config.RopeKRepeat || placed <= q.shape[2]) return base.Attend(q, k, v, numKExcludeRope);

        using var scope = NewDisposeScope();
        var (width, height) = Grid(q.shape[2]);
        var averages = Average(k.narrow(2, 0, placed), height, width);
        var shifted = _config.Kind == AttentionKind.EfficientRoPEAttention2;
        var keys = cat([shifted ? averages.Plus(LogCount) : averages, k.narrow(2, placed, numKExcludeRope)], 2);
        var values = cat([Average(v.narrow(2, 0, placed), height, width), v.narrow(2, placed, numKExcludeRope)], 2);
        var dropout = training ? _config.Dropout : 0;
        if (shifted) return functional.scaled_dot_product_attention(q, keys, values, p: dropout).MoveToOuterDisposeScope();

        var rise = zeros(1, 1, 1, keys.shape[2], dtype: q.dtype, device: q.device);
        rise.narrow(3, 0, averages.shape[2]).fill_(Scalars.Of(LogCount));
        return functional.scaled_dot_product_attention(q, keys, values, attn_mask: rise, p: dropout).MoveToOuterDisposeScope();
    }

    /// <summary>Averages grids that lie one after the other, <c>[B, heads, F · H · W, c]</c>, over squares: <c>[B, heads, F · H/2 · W/2, c]</c>.</summary>
    /// <exception cref="ArgumentException">A side of the grid is odd.</exception>
    private static Tensor Average(Tensor tokens, long height, long width)
    {
        if (height % Side != 0 || width % Side != 0)
            throw new ArgumentException($"The grid of memories is {width} by {height}; averages over squares of {Side} by {Side} tokens need even sides.", nameof(tokens));
        var (batch, heads, count, channels) = (tokens.shape[0], tokens.shape[1], tokens.shape[2], tokens.shape[3]);
        return tokens.reshape(batch, heads, count / (height * width), height / Side, Side, width / Side, Side, channels)
            .mean([4, 6]).reshape(batch, heads, -1, channels);
    }
}
