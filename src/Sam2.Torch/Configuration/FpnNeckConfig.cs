using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>The feature pyramid neck (sam2/modeling/backbones/image_encoder.py, <c>FpnNeck</c>).</summary>
public sealed record FpnNeckConfig
{
    /// <summary>Position encoding of every level.</summary>
    public PositionEncodingConfig PositionEncoding { get; init; } = new();

    /// <summary>Channels of every level of the pyramid.</summary>
    public int DModel { get; init; } = 256;

    /// <summary>Channels of the trunk's stages, the coarsest first.</summary>
    public IntList BackboneChannelList { get; init; } = [768, 384, 192, 96];

    /// <summary>Kernel of the lateral convolutions.</summary>
    public int KernelSize { get; init; } = 1;

    /// <summary>Stride of the lateral convolutions.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Padding of the lateral convolutions.</summary>
    public int Padding { get; init; }

    /// <summary>Interpolation of the top-down features: <c>nearest</c> or <c>bilinear</c>.</summary>
    public string FpnInterpModel { get; init; } = "bilinear";

    /// <summary>How lateral and top-down features join: <c>sum</c> or <c>avg</c>.</summary>
    public string FuseType { get; init; } = "sum";

    /// <summary>Levels (0 is the finest) that take top-down features; null for all.</summary>
    public IntList? FpnTopDownLevels { get; init; }
}
