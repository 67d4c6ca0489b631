using System.Numerics;

namespace Sam2.Torch.Data.Drawn;

/// <summary>Light on the whole picture, and what the camera makes of it.</summary>
internal sealed record SceneLighting
{
    /// <summary>Brightness of red over time.</summary>
    public Oscillation Red { get; init; } = new(1, 0, 0, 0);

    /// <summary>Brightness of green over time.</summary>
    public Oscillation Green { get; init; } = new(1, 0, 0, 0);

    /// <summary>Brightness of blue over time.</summary>
    public Oscillation Blue { get; init; } = new(1, 0, 0, 0);

    /// <summary>How much brighter the right edge is than the middle, over time.</summary>
    public Oscillation SlopeX { get; init; }

    /// <summary>How much brighter the bottom edge is than the middle, over time.</summary>
    public Oscillation SlopeY { get; init; }

    /// <summary>How much darker the corners are.</summary>
    public double Vignette { get; init; }

    /// <summary>Strength of shadows, 0 for none.</summary>
    public double Shadow { get; init; }

    /// <summary>Where shadows fall, in pixels.</summary>
    public (double X, double Y) ShadowOffset { get; init; }

    /// <summary>Outer weight of the blur over everything, 0 to 1/3.</summary>
    public double Blur { get; init; }

    /// <summary>Amplitude of the grain, for intensities in [0, 1].</summary>
    public double Grain { get; init; }

    /// <summary>Brightness of the three colours at a time.</summary>
    public Vector4 GainAt(double time) => new((float)Red.At(time), (float)Green.At(time), (float)Blue.At(time), 0);
}
