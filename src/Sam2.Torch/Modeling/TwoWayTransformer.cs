using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>The transformer of the mask decoder, in which tokens and image attend to each other (sam2/modeling/sam/transformer.py, <c>TwoWayTransformer</c>).</summary>
public class TwoWayTransformer : nn.Module<Tensor, Tensor, Tensor, (Tensor Tokens, Tensor Image)>
{
    private readonly ModuleList<nn.Module<Tensor, Tensor, Tensor, Tensor, (Tensor Queries, Tensor Keys)>> layers;
    private readonly Attention final_attn_token_to_image;
    private readonly LayerNorm norm_final_attn;

    /// <summary>Builds the transformer with freshly initialised weights.</summary>
    /// <param name="depth">Number of layers.</param>
    /// <param name="embeddingDim">Channels of tokens and image.</param>
    /// <param name="numHeads">Attention heads.</param>
    /// <param name="mlpDim">Hidden channels of the MLPs.</param>
    /// <param name="attentionDownsampleRate">Factor by which cross-attention narrows the channels.</param>
    /// <param name="layer">
    /// Makes the layer of an index, which is called as <see cref="TwoWayAttentionBlock.forward"/> is; a
    /// <see cref="TwoWayAttentionBlock"/> when null.
    /// </param>
    public TwoWayTransformer(
        int depth, int embeddingDim, int numHeads, int mlpDim, int attentionDownsampleRate = 2,
        Func<int, nn.Module<Tensor, Tensor, Tensor, Tensor, (Tensor Queries, Tensor Keys)>>? layer = null)
        : base(nameof(TwoWayTransformer))
    {
        layer ??= i => new TwoWayAttentionBlock(embeddingDim, numHeads, mlpDim, attentionDownsampleRate, skipFirstLayerPe: i == 0);
        layers = new([.. Enumerable.Range(0, depth).Select(layer)]);
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
        var attended = final_attn_token_to_image.call(queries.Plus(tokens), keys.Plus(imagePe), keys);
        queries = norm_final_attn.call(queries.Plus(attended));
        return (queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope());
    }
}

/// <summary>
/// A layer of the two-way transformer: tokens attend to themselves and to the image, pass an MLP, and the image attends to
/// the tokens (sam2/modeling/sam/transformer.py, <c>TwoWayAttentionBlock</c>).
/// </summary>
public class TwoWayAttentionBlock : nn.Module<Tensor, Tensor, Tensor, Tensor, (Tensor Queries, Tensor Keys)>
{
    private readonly Attention self_attn;
    private readonly LayerNorm norm1;
    private readonly Attention cross_attn_token_to_image;
    private readonly LayerNorm norm2;
    private readonly nn.Module<Tensor, Tensor> mlp;
    private readonly LayerNorm norm3;
    private readonly LayerNorm norm4;
    private readonly Attention cross_attn_image_to_token;
    private readonly bool _skipFirstLayerPe;

    /// <summary>Builds a layer with freshly initialised weights.</summary>
    /// <param name="embeddingDim">Channels of tokens and image.</param>
    /// <param name="numHeads">Attention heads.</param>
    /// <param name="mlpDim">Hidden channels of the MLP.</param>
    /// <param name="attentionDownsampleRate">Factor by which cross-attention narrows the channels.</param>
    /// <param name="skipFirstLayerPe">Whether self-attention leaves the position encoding out (first layer).</param>
    /// <param name="mlp">Maps <c>[B, N, C]</c> to the same shape; an <see cref="Mlp"/> of two layers when null.</param>
    public TwoWayAttentionBlock(
        int embeddingDim, int numHeads, int mlpDim, int attentionDownsampleRate, bool skipFirstLayerPe, nn.Module<Tensor, Tensor>? mlp = null)
        : base(nameof(TwoWayAttentionBlock))
    {
        var full = new AttentionConfig { EmbeddingDim = embeddingDim, NumHeads = numHeads };
        var narrow = full with { DownsampleRate = attentionDownsampleRate };
        self_attn = new Attention(full);
        norm1 = nn.LayerNorm(embeddingDim);
        cross_attn_token_to_image = new Attention(narrow);
        norm2 = nn.LayerNorm(embeddingDim);
        this.mlp = mlp ?? new Mlp(embeddingDim, mlpDim, embeddingDim, numLayers: 2);
        norm3 = nn.LayerNorm(embeddingDim);
        norm4 = nn.LayerNorm(embeddingDim);
        cross_attn_image_to_token = new Attention(narrow);
        _skipFirstLayerPe = skipFirstLayerPe;
        RegisterComponents();
    }

    /// <summary>Updates tokens and image.</summary>
    /// <param name="queries">Tokens, <c>[B, N, C]</c>.</param>
    /// <param name="keys">Image, <c>[B or 1, HW, C]</c>; a batch of 1 is shared by all tokens.</param>
    /// <param name="queryPe">Position encoding of the tokens, <c>[B, N, C]</c>.</param>
    /// <param name="keyPe">Position encoding of the image, <c>[1, HW, C]</c>.</param>
    /// <returns>Tokens <c>[B, N, C]</c> and image <c>[B, HW, C]</c>.</returns>
    public override (Tensor Queries, Tensor Keys) forward(Tensor queries, Tensor keys, Tensor queryPe, Tensor keyPe)
    {
        using var scope = NewDisposeScope();
        if (_skipFirstLayerPe)
        {
            queries = self_attn.call(queries, queries, queries);
        }
        else
        {
            var withPe = queries.Plus(queryPe);
            queries = queries.Plus(self_attn.call(withPe, withPe, queries));
        }
        queries = norm1.call(queries);

        var keysWithPe = keys.Plus(keyPe);
        queries = norm2.call(queries.Plus(cross_attn_token_to_image.call(queries.Plus(queryPe), keysWithPe, keys)));
        queries = norm3.call(queries.Plus(mlp.call(queries)));
        keys = norm4.call(keys.Plus(cross_attn_image_to_token.call(keysWithPe, queries.Plus(queryPe), queries)));
        return (queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope());
    }
}
