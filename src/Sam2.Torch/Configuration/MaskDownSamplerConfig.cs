using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

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
