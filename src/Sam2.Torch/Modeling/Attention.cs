using Sam2.Torch.Configuration;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Multi-head attention of the two-way transformer, whose projections may be narrower than the embedding
/// (sam2/modeling/sam/transformer.py, <c>Attention</c>). The memory attention has <see cref="RoPEAttention"/>.
/// </summary>
public class Attention : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly LinearLayer q_proj;
    private readonly LinearLayer k_proj;
    private readonly LinearLayer v_proj;
    private readonly LinearLayer out_proj;
    private readonly int _numHeads;
    private readonly double _dropout;

    /// <summary>Builds the attention with freshly initialised weights; the rotary settings of <paramref name="config"/> are not used.</summary>
    /// <exception cref="ArgumentException">The heads do not divide the projected channels.</exception>
    public Attention(AttentionConfig config) : base(nameof(Attention))
    {
        var (dim, kvDim) = (config.EmbeddingDim, config.KvInDim ?? config.EmbeddingDim);
        var inner = dim / config.DownsampleRate;
        if (inner % config.NumHeads != 0)
            throw new ArgumentException($"{config.NumHeads} heads do not divide the {inner} projected channels.");
        q_proj = new LinearLayer(dim, inner);
        k_proj = new LinearLayer(kvDim, inner);
        v_proj = new LinearLayer(kvDim, inner);
        out_proj = new LinearLayer(inner, dim);
        _numHeads = config.NumHeads;
        _dropout = config.Dropout;
        RegisterComponents();
    }

    /// <summary>
    /// Attends from queries to keys. A batch of 1 on one side is shared by all of the other side's, at the cost of one
    /// projection: prompts of one image share the image.
    /// </summary>
    /// <param name="q"><c>[B, N, dim]</c>.</param>
    /// <param name="k"><c>[B, M, kv_dim]</c>.</param>
    /// <param name="v"><c>[B, M, kv_dim]</c>.</param>
    /// <returns><c>[B, N, dim]</c>.</returns>
    public override Tensor forward(Tensor q, Tensor k, Tensor v)
    {
        using var scope = NewDisposeScope();
        var batch = Math.Max(q.shape[0], k.shape[0]);
        var attended = F.scaled_dot_product_attention(
            SeparateHeads(q_proj.call(q), batch),
            SeparateHeads(k_proj.call(k), batch),
            SeparateHeads(v_proj.call(v), batch),
            p: training ? _dropout : 0);
        return out_proj.call(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    /// <summary><c>[B or 1, N, C]</c> to <c>[B, heads, N, C/heads]</c>.</summary>
    private Tensor SeparateHeads(Tensor x, long batch) =>
        x.unflatten(2, _numHeads, x.shape[2] / _numHeads).expand(batch, -1, -1, -1).transpose(1, 2);
}
