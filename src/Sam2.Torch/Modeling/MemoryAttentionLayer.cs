using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// One layer of the memory attention: self-attention among the frame's tokens, cross-attention to the memories, and an MLP,
/// each pre-normalised and residual (sam2/modeling/memory_attention.py, <c>MemoryAttentionLayer</c>).
/// </summary>
public sealed class MemoryAttentionLayer : Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>
{
    private readonly MemoryAttentionLayerConfig _config;
    private readonly Activation _activation;
    private readonly Module self_attn;
    private readonly Module cross_attn_image;
    private readonly Linear linear1, linear2;
    private readonly LayerNorm norm1, norm2, norm3;
    private readonly Dropout dropout, dropout1, dropout2, dropout3;

    /// <summary>Creates the layer with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">The activation is neither <c>relu</c> nor <c>gelu</c>.</exception>
    public MemoryAttentionLayer(MemoryAttentionLayerConfig config) : base(nameof(MemoryAttentionLayer))
    {
        _config = config;
        _activation = Activations.Parse(config.Activation);
        self_attn = config.SelfAttention.Rope ? new RoPEAttention(config.SelfAttention) : new Attention(config.SelfAttention);
        cross_attn_image = config.CrossAttention.Rope ? new RoPEAttention(config.CrossAttention) : new Attention(config.CrossAttention);
        linear1 = Linear(config.DModel, config.DimFeedforward);
        linear2 = Linear(config.DimFeedforward, config.DModel);
        norm1 = LayerNorm(config.DModel);
        norm2 = LayerNorm(config.DModel);
        norm3 = LayerNorm(config.DModel);
        dropout = Dropout(config.Dropout);
        dropout1 = Dropout(config.Dropout);
        dropout2 = Dropout(config.Dropout);
        dropout3 = Dropout(config.Dropout);
        RegisterComponents();
    }

    /// <summary>Conditions tokens on memories.</summary>
    /// <param name="target">
    /// The frame's tokens, [B, N, C]; [1, N, C] when they are still the same for all B objects, whose self-attention is then
    /// computed once.
    /// </param>
    /// <param name="memory">Memories and object pointers, [B, M, Cm].</param>
    /// <param name="position">Position encoding of the tokens, [1 or B, N, C].</param>
    /// <param name="memoryPosition">Position encoding of the memories, [1 or B, M, Cm].</param>
    /// <param name="numObjPtrTokens">Number of object-pointer tokens at the end of <paramref name="memory"/>.</param>
    /// <returns>[B, N, C].</returns>
    public override Tensor forward(Tensor target, Tensor memory, Tensor position, Tensor memoryPosition, long numObjPtrTokens)
    {
        using var scope = NewDisposeScope();

        var normed = norm1.call(target);
        var placed = _config.PosEncAtAttn ? normed + position : normed;
        var x = target + dropout1.call(Attend(self_attn, placed, placed, normed, 0));

        normed = norm2.call(x);
        x = x + dropout2.call(Attend(
            cross_attn_image,
            _config.PosEncAtCrossAttnQueries ? normed + position : normed,
            _config.PosEncAtCrossAttnKeys ? memory + memoryPosition : memory,
            memory,
            numObjPtrTokens));

        var hidden = _activation.Apply(linear1.call(norm3.call(x)));
        x = x + dropout3.call(linear2.call(dropout.call(hidden)));
        return x.MoveToOuterDisposeScope();
    }

    private static Tensor Attend(Module attention, Tensor query, Tensor key, Tensor value, long numKExcludeRope) => attention switch
    {
        RoPEAttention rope => rope.call(query, key, value, numKExcludeRope),
        Attention plain => plain.call(query, key, value),
        _ => throw new InvalidOperationException($"Unexpected attention {attention.GetType().Name}."),
    };
}
