namespace Sam2.Torch.Configuration;

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
