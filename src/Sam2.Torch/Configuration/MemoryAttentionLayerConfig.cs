using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>One layer of the memory attention (sam2/modeling/memory_attention.py, <c>MemoryAttentionLayer</c>).</summary>
public sealed record MemoryAttentionLayerConfig
{
    /// <summary>Activation of the feed-forward part: <c>relu</c>, <c>gelu</c> or <c>glu</c>.</summary>
    public string Activation { get; init; } = "relu";

    /// <summary>Channels of the image features.</summary>
    public int DModel { get; init; } = 256;

    /// <summary>Hidden channels of the feed-forward part.</summary>
    public int DimFeedforward { get; init; } = 2048;

    /// <summary>Dropout of the residual branches. Training only.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Whether self-attention adds the position encoding to queries and keys.</summary>
    public bool PosEncAtAttn { get; init; }

    /// <summary>Whether cross-attention adds the memories' position encoding to its keys.</summary>
    public bool PosEncAtCrossAttnKeys { get; init; } = true;

    /// <summary>Whether cross-attention adds the position encoding to its queries.</summary>
    public bool PosEncAtCrossAttnQueries { get; init; }

    /// <summary>Attention among the tokens of the current frame.</summary>
    public AttentionConfig SelfAttention { get; init; } = new() { Dropout = 0.1 };

    /// <summary>Attention from the current frame to the memories.</summary>
    public AttentionConfig CrossAttention { get; init; } = new() { Dropout = 0.1, RopeKRepeat = true, KvInDim = 64 };
}
