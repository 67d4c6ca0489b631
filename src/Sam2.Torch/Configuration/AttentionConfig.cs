using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>An attention layer of the memory attention (sam2/modeling/sam/transformer.py, <c>Attention</c> and <c>RoPEAttention</c>).</summary>
public sealed record AttentionConfig
{
    /// <summary>Whether queries and keys get a rotary position encoding (<c>RoPEAttention</c>).</summary>
    public bool Rope { get; init; } = true;

    /// <summary>Channels of the queries and of the result.</summary>
    public int EmbeddingDim { get; init; } = 256;

    /// <summary>Attention heads.</summary>
    public int NumHeads { get; init; } = 1;

    /// <summary>Factor by which the projections narrow the channels.</summary>
    public int DownsampleRate { get; init; } = 1;

    /// <summary>Dropout of the attention weights. Training only.</summary>
    public double Dropout { get; init; }

    /// <summary>Channels of keys and values before projection; <see cref="EmbeddingDim"/> when null.</summary>
    public int? KvInDim { get; init; }

    /// <summary>Base of the rotary wavelengths.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>Whether the queries' rotations repeat over the keys (cross-attention to several memories).</summary>
    public bool RopeKRepeat { get; init; }

    /// <summary>Grid [width, height], in tokens, of the queries at the model's image size.</summary>
    public IntList FeatSizes { get; init; } = [64, 64];
}
