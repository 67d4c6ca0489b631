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
public sealed class RoPEAttention : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly Linear q_proj, k_proj, v_proj, out_proj;
    private readonly AttentionConfig _config;
    private readonly int _headDim;
    private readonly RotaryTableCache _tables;

    /// <summary>Creates the layer with freshly initialised projections.</summary>
    /// <exception cref="ArgumentException">The heads don't divide the channels.</exception>
    public RoPEAttention(AttentionConfig config) : base(nameof(RoPEAttention))
    {
        _config = config;
        var internalDim = config.EmbeddingDim / config.DownsampleRate;
        if (internalDim % config.NumHeads != 0)
            throw new ArgumentException($"{config.NumHeads} attention heads don't divide {internalDim} channels.", nameof(config));

        var kvDim = config.KvInDim ?? config.EmbeddingDim;
        _headDim = internalDim / config.NumHeads;
        _tables = new RotaryTableCache(_headDim, config.NumHeads, config.RopeTheta);
        q_proj = Linear(config.EmbeddingDim, internalDim);
        k_proj = Linear(kvDim, internalDim);
        v_proj = Linear(kvDim, internalDim);
        out_proj = Linear(internalDim, config.EmbeddingDim);
        RegisterComponents();
    }

    /// <summary>Attention where every key has a place.</summary>
    /// <param name="query">[B or 1, N, C].</param>
    /// <param name="key">[B, M, Ckv], M = N or, with repeated rotation, a multiple of N.</param>
    /// <param name="value">[B, M, Ckv].</param>
    /// <returns>[B, N, C].</returns>
    public override Tensor forward(Tensor query, Tensor key, Tensor value) => forward(query, key, value, numKExcludeRope: 0);

    /// <summary>Attention where the last <paramref name="numKExcludeRope"/> keys have no place.</summary>
    /// <param name="query">
    /// [B, N, C], or [1, N, C] when it is the same for the whole batch. N is the configured grid, or else a square.
    /// </param>
    /// <param name="key">[B, M, Ckv].</param>
    /// <param name="value">[B, M, Ckv].</param>
    /// <param name="numKExcludeRope">Number of keys at the end that aren't rotated.</param>
    /// <returns>[B, N, C].</returns>
    /// <exception cref="ArgumentException">N isn't a grid, or M isn't what the rotation can cover.</exception>
    public Tensor forward(Tensor query, Tensor key, Tensor value, long numKExcludeRope)
    {
        using var scope = NewDisposeScope();
        var tables = TablesFor(query);
        var batch = key.shape[0];
        var numRope = key.shape[1] - numKExcludeRope;
        if (numRope < 0 || (numRope != query.shape[1] && numRope != 0 && !_config.RopeKRepeat))
        {
            throw new ArgumentException(
                $"{key.shape[1]} keys, {numKExcludeRope} of them without place, don't fit {query.shape[1]} queries; " +
                "keys of several grids need RopeKRepeat.", nameof(key));
        }

        var q = SeparateHeads(Project(q_proj, query, tables));
        var k = SeparateHeads(Project(k_proj, key, tables));
        var inference = !training && !is_grad_enabled();
        if (inference)
        {
            RotaryPositionEncoding.RotateInPlace(q, tables.Cos, tables.Sin);
            if (numRope > 0) RotaryPositionEncoding.RotateInPlace(k.narrow(2, 0, numRope), tables.Cos, tables.Sin);
        }
        else
        {
            q = RotaryPositionEncoding.Rotate(q, tables.Cos, tables.Sin);
            if (numRope > 0)
            {
                var rotated = RotaryPositionEncoding.Rotate(k.narrow(2, 0, numRope), tables.Cos, tables.Sin);
                k = numKExcludeRope == 0 ? rotated : cat([rotated, k.narrow(2, numRope, numKExcludeRope)], 2);
            }
        }

        if (q.shape[0] != batch) q = q.expand(batch, -1, -1, -1);

        // Rows of the attention weights sum to one, so with one head the narrow memories can be averaged first and
        // projected afterwards: a quarter of the work on the value side for 64-wide memories and 256 channels.
        var aggregateFirst = inference && _config.NumHeads == 1 && value.shape[2] < v_proj.weight!.shape[0];
        var v = aggregateFirst ? value.unsqueeze(1) : SeparateHeads(v_proj.forward(value));
        var attended = functional.scaled_dot_product_attention(q, k, v, p: training ? _config.Dropout : 0);
        var joined = RecombineHeads(attended);
        if (aggregateFirst) joined = v_proj.forward(joined);
        return out_proj.forward(joined).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _tables.Dispose();
        base.Dispose(disposing);
    }

    private RotaryTableCache.Entry TablesFor(Tensor query)
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

        return _tables.Get(width, height, query.device);
    }

    /// <summary>Projects with the channels in the order that the rotation wants (65,536 weights: cheap to reorder).</summary>
    private static Tensor Project(Linear projection, Tensor x, RotaryTableCache.Entry tables) => functional.linear(
        x, projection.weight!.index_select(0, tables.ChannelOrder), projection.bias!.index_select(0, tables.ChannelOrder));

    private Tensor SeparateHeads(Tensor x) => x.view(x.shape[0], x.shape[1], _config.NumHeads, -1).transpose(1, 2);

    private static Tensor RecombineHeads(Tensor x) => x.transpose(1, 2).reshape(x.shape[0], x.shape[2], -1);
}
