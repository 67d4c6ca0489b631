using Sam2.Torch.Modeling;

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
