using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Attention with rotary position encoding of queries and keys (sam2/modeling/sam/transformer.py, <c>RoPEAttention</c>).
/// Keys may be several grids one after the other, such as memories, followed by tokens without a place, such as object
/// pointers, which aren't rotated.
/// </summary>
public sealed class RoPEAttention : Module<Tensor, Tensor, Tensor, long, Tensor>
{
    private readonly Linear q_proj, k_proj, v_proj, out_proj;
    private readonly AttentionConfig _config;
    private readonly RotaryPositionEncoding _rotary;

    /// <summary>Creates the layer with freshly initialised projections.</summary>
    /// <exception cref="ArgumentException">The heads don't divide the channels.</exception>
    public RoPEAttention(AttentionConfig config) : base(nameof(RoPEAttention))
    {
        _config = config;
        var internalDim = config.EmbeddingDim / config.DownsampleRate;
        if (internalDim % config.NumHeads != 0)
            throw new ArgumentException($"{config.NumHeads} attention heads don't divide {internalDim} channels.", nameof(config));

        var kvDim = config.KvInDim ?? config.EmbeddingDim;
        _rotary = new RotaryPositionEncoding(internalDim / config.NumHeads, config.RopeTheta);
        q_proj = Linear(config.EmbeddingDim, internalDim);
        k_proj = Linear(kvDim, internalDim);
        v_proj = Linear(kvDim, internalDim);
        out_proj = Linear(internalDim, config.EmbeddingDim);
        RegisterComponents();
    }

    /// <summary>Attends from queries to keys.</summary>
    /// <param name="query">
    /// [B, N, C], or [1, N, C] when it is the same for the whole batch. N is the configured grid, or else a square.
    /// </param>
    /// <param name="key">[B, M, Ckv].</param>
    /// <param name="value">[B, M, Ckv].</param>
    /// <param name="numKExcludeRope">Number of keys at the end that have no place and aren't rotated.</param>
    /// <returns>[B, N, C].</returns>
    /// <exception cref="ArgumentException">N isn't a grid, or M isn't what the rotation can cover.</exception>
    public override Tensor forward(Tensor query, Tensor key, Tensor value, long numKExcludeRope)
    {
        using var scope = NewDisposeScope();
        var rotations = RotationsFor(query);
        var batch = key.shape[0];
        var numRope = key.shape[1] - numKExcludeRope;
        if (numRope < 0 || (numRope != query.shape[1] && numRope != 0 && !_config.RopeKRepeat))
        {
            throw new ArgumentException(
                $"{key.shape[1]} keys, {numKExcludeRope} of them without place, don't fit {query.shape[1]} queries; " +
                "keys of several grids need RopeKRepeat.", nameof(key));
        }

        var q = RotaryPositionEncoding.Rotate(SeparateHeads(q_proj.call(query)), rotations);
        var k = SeparateHeads(k_proj.call(key));
        if (numRope > 0)
        {
            var rotated = RotaryPositionEncoding.Rotate(k.narrow(2, 0, numRope), rotations);
            k = numKExcludeRope == 0 ? rotated : cat([rotated, k.narrow(2, numRope, numKExcludeRope)], 2);
        }

        var attended = functional.scaled_dot_product_attention(
            q.expand(batch, -1, -1, -1), k, SeparateHeads(v_proj.call(value)), p: training ? _config.Dropout : 0);
        return out_proj.call(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _rotary.Dispose();
        base.Dispose(disposing);
    }

    private Tensor RotationsFor(Tensor query)
    {
        var tokens = query.shape[1];
        var (width, height) = (_config.FeatSizes[0], _config.FeatSizes[1]);
        if (tokens != (long)width * height)
        {
            width = height = (int)Math.Round(Math.Sqrt(tokens));
            if (tokens != (long)width * height)
            {
                throw new ArgumentException(
                    $"{tokens} queries are neither the configured grid {_config.FeatSizes} nor a square.", nameof(query));
            }
        }

        return _rotary[width, height, query.device];
    }

    private Tensor SeparateHeads(Tensor x) => x.view(x.shape[0], x.shape[1], _config.NumHeads, -1).transpose(1, 2);
}
