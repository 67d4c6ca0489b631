using Sam2.Torch.Modeling;

namespace Sam2.Torch.Configuration;

/// <summary>Sine position encoding (sam2/modeling/position_encoding.py, <c>PositionEmbeddingSine</c>).</summary>
public sealed record PositionEncodingConfig
{
    /// <summary>Channels of the encoding; half of them for y, half for x.</summary>
    public int NumPosFeats { get; init; } = 256;

    /// <summary>Whether positions are divided by the grid's size before they are scaled.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Scale of normalised positions; 2π when null.</summary>
    public double? Scale { get; init; }

    /// <summary>Base of the geometric progression of wavelengths.</summary>
    public double Temperature { get; init; } = 10000;
}
