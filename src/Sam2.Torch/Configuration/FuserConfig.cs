using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

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
