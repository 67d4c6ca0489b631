using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>Trunk and neck (sam2/modeling/backbones/image_encoder.py, <c>ImageEncoder</c>).</summary>
public sealed record ImageEncoderConfig
{
    /// <summary>The Hiera trunk.</summary>
    public HieraConfig Trunk { get; init; } = new();

    /// <summary>The feature pyramid neck.</summary>
    public FpnNeckConfig Neck { get; init; } = new();

    /// <summary>Number of coarsest levels that are dropped from the output.</summary>
    public int Scalp { get; init; }
}
