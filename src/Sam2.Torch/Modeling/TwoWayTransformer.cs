using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>The transformer of the mask decoder, in which tokens and image attend to each other (sam2/modeling/sam/transformer.py, <c>TwoWayTransformer</c>).</summary>
public sealed class TwoWayTransformer : nn.Module<Tensor, Tensor, Tensor, (Tensor Tokens, Tensor Image)>
{
    private readonly ModuleList<TwoWayAttentionBlock> layers;
    private readonly Attention final_attn_token_to_image;
    private readonly LayerNorm norm_final_attn;

    /// <summary>Builds the transformer.</summary>
    /// <param name="depth">Number of layers.</param>
    /// <param name="embeddingDim">Channels of tokens and image.</param>
    /// <param name="numHeads">Attention heads.</param>
    /// <param name="mlpDim">Hidden channels of the MLPs.</param>
    /// <param name="attentionDownsampleRate">Factor by which cross-attention narrows the channels.</param>
    public TwoWayTransformer(int depth, int embeddingDim, int numHeads, int mlpDim, int attentionDownsampleRate = 2)
        : base(nameof(TwoWayTransformer))
    {
        layers = new ModuleList<TwoWayAttentionBlock>([.. Enumerable.Range(0, depth).Select(i =>
            new TwoWayAttentionBlock(embeddingDim, numHeads, mlpDim, attentionDownsampleRate, skipFirstLayerPe: i == 0))]);
        final_attn_token_to_image = new Attention(new AttentionConfig
        {
            EmbeddingDim = embeddingDim, NumHeads = numHeads, DownsampleRate = attentionDownsampleRate,
        });
        norm_final_attn = nn.LayerNorm(embeddingDim);
        RegisterComponents();
    }

    /// <summary>Lets tokens and image attend to each other.</summary>
    /// <param name="image">Image embedding, <c>[B or 1, HW, C]</c>; a batch of 1 is shared by all prompts.</param>
    /// <param name="imagePe">Its position encoding, <c>[1, HW, C]</c>.</param>
    /// <param name="tokens">Output and prompt tokens, <c>[B, N, C]</c>; they are their own position encoding.</param>
    /// <returns>Tokens <c>[B, N, C]</c> and image <c>[B, HW, C]</c>.</returns>
    public override (Tensor Tokens, Tensor Image) forward(Tensor image, Tensor imagePe, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (queries, keys) = (tokens, image);
        foreach (var layer in layers)
            (queries, keys) = layer.call(queries, keys, tokens, imagePe);
        var attended = final_attn_token_to_image.call(queries + tokens, keys + imagePe, keys);
        queries = norm_final_attn.call(queries + attended);
        return (queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope());
    }
}
