namespace Sam2.Torch.Configuration;

/// <summary>Memory attention (sam2/modeling/memory_attention.py, <c>MemoryAttention</c>).</summary>
public sealed record MemoryAttentionConfig
{
    /// <summary>Channels of the image features.</summary>
    public int DModel { get; init; } = 256;

    /// <summary>Whether a tenth of the position encoding is added to the input.</summary>
    public bool PosEncAtInput { get; init; } = true;

    /// <summary>The layer, repeated <see cref="NumLayers"/> times.</summary>
    public MemoryAttentionLayerConfig Layer { get; init; } = new();

    /// <summary>Number of layers.</summary>
    public int NumLayers { get; init; } = 4;
}

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

/// <summary>The kinds of attention that a memory attention can have, each a class of sam2/modeling/sam/transformer.py or its relatives.</summary>
public enum AttentionKind
{
    /// <summary>Plain attention, without rotary position encoding.</summary>
    Attention,

    /// <summary>SAM 2's: queries and keys get a rotary position encoding.</summary>
    RoPEAttention,

    /// <summary>
    /// EfficientTAM's (arXiv 2411.18933, section 3.3): keys and values of several memories are averaged over squares of 2×2 tokens, and the
    /// logits of such a key rise by the logarithm of their number.
    /// </summary>
    EfficientRoPEAttention1,

    /// <summary>The same, but for that logarithm, which is added to every channel of the averaged keys instead.</summary>
    EfficientRoPEAttention2,

    /// <summary>EdgeTAM's (arXiv 2501.07256): memories have a grid of their own, and tokens without a place before it.</summary>
    RoPEAttentionV2,
}

/// <summary>An attention layer of the memory attention (sam2/modeling/sam/transformer.py, <c>Attention</c> and <c>RoPEAttention</c>).</summary>
public sealed record AttentionConfig
{
    /// <summary>Which class it is; in YAML files, the <c>_target_</c>.</summary>
    public AttentionKind Kind { get; init; } = AttentionKind.RoPEAttention;

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

    /// <summary>
    /// Grid [width, height], in tokens, of the queries at the model's image size; in files of <see cref="AttentionKind.RoPEAttentionV2"/> it is called <c>q_sizes</c>.
    /// </summary>
    public IntList FeatSizes { get; init; } = [64, 64];

    /// <summary>Grid [width, height], in tokens, of a memory, for <see cref="AttentionKind.RoPEAttentionV2"/>; else null.</summary>
    public IntList? KSizes { get; init; }

    /// <summary>Whether queries and keys get a rotary position encoding.</summary>
    public bool Rope => Kind != AttentionKind.Attention;
}

/// <summary>Memory encoder (sam2/modeling/memory_encoder.py, <c>MemoryEncoder</c>).</summary>
public sealed record MemoryEncoderConfig
{
    /// <summary>Channels of a memory.</summary>
    public int OutDim { get; init; } = 64;

    /// <summary>Channels of the image features.</summary>
    public int InDim { get; init; } = 256;

    /// <summary>Position encoding of a memory.</summary>
    public PositionEncodingConfig PositionEncoding { get; init; } = new() { NumPosFeats = 64 };

    /// <summary>Brings the mask to the resolution of the image features.</summary>
    public MaskDownSamplerConfig MaskDownsampler { get; init; } = new();

    /// <summary>Mixes image features and mask.</summary>
    public FuserConfig Fuser { get; init; } = new();
}

/// <summary>Mask downsampler of the memory encoder (sam2/modeling/memory_encoder.py, <c>MaskDownSampler</c>).</summary>
public sealed record MaskDownSamplerConfig
{
    /// <summary>Channels of the result.</summary>
    public int EmbedDim { get; init; } = 256;

    /// <summary>Kernel of each convolution.</summary>
    public int KernelSize { get; init; } = 3;

    /// <summary>Stride of each convolution.</summary>
    public int Stride { get; init; } = 2;

    /// <summary>Padding of each convolution.</summary>
    public int Padding { get; init; } = 1;

    /// <summary>Stride of all convolutions together: a power of <see cref="Stride"/>.</summary>
    public int TotalStride { get; init; } = 16;
}

/// <summary>Fuser of the memory encoder (sam2/modeling/memory_encoder.py, <c>Fuser</c>).</summary>
public sealed record FuserConfig
{
    /// <summary>The ConvNeXt block, repeated <see cref="NumLayers"/> times.</summary>
    public CXBlockConfig Layer { get; init; } = new();

    /// <summary>Number of blocks.</summary>
    public int NumLayers { get; init; } = 2;

    /// <summary>Channels of the input projection; needed only with <see cref="InputProjection"/>.</summary>
    public int? Dim { get; init; }

    /// <summary>Whether a 1×1 convolution precedes the blocks.</summary>
    public bool InputProjection { get; init; }
}

/// <summary>ConvNeXt block of the fuser (sam2/modeling/memory_encoder.py, <c>CXBlock</c>).</summary>
public sealed record CXBlockConfig
{
    /// <summary>Channels.</summary>
    public int Dim { get; init; } = 256;

    /// <summary>Kernel of the depth-wise convolution.</summary>
    public int KernelSize { get; init; } = 7;

    /// <summary>Padding of the depth-wise convolution.</summary>
    public int Padding { get; init; } = 3;

    /// <summary>Stochastic depth, in [0, 1). Training only.</summary>
    public double DropPath { get; init; }

    /// <summary>Initial value of the layer scale; no layer scale when 0.</summary>
    public double LayerScaleInitValue { get; init; } = 1e-6;

    /// <summary>Whether the convolution is depth-wise.</summary>
    public bool UseDwconv { get; init; } = true;
}
