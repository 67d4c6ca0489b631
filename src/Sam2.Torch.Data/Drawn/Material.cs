using System.Numerics;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// A surface: a pattern of tones between 0 and 1, bent and roughened by noise, and the colours of the tones. Lengths are
/// in pixels of the sprite that it is painted on.
/// </summary>
internal sealed class Material
{
    private readonly Affine2 _toPattern;
    private readonly Vector4[] _ramp;

    /// <param name="pattern">Layout of the tones.</param>
    /// <param name="cell">Size of the pattern's repeating piece, in pixels.</param>
    /// <param name="toPattern">From pixels to repeating pieces.</param>
    /// <param name="ramp">The colours of the tones 0 to 1, evenly spaced.</param>
    public Material(MaterialPattern pattern, double cell, Affine2 toPattern, Vector4[] ramp)
    {
        Pattern = pattern;
        Cell = (float)cell;
        _toPattern = toPattern;
        _ramp = ramp;
    }

    /// <summary>Layout of the tones.</summary>
    public MaterialPattern Pattern { get; }

    /// <summary>Size of the pattern's repeating piece, in pixels.</summary>
    public float Cell { get; }

    /// <summary>How far noise bends the pattern, in repeating pieces.</summary>
    public float Warp { get; init; }

    /// <summary>How much noise roughens the tones.</summary>
    public float Roughness { get; init; }

    /// <summary>Share of the second tone in stripes, dots, grids and spots.</summary>
    public float Duty { get; init; } = 0.5f;

    /// <summary>The average colour.</summary>
    public Vector4 Mean => _ramp.Aggregate(Vector4.Zero, (sum, colour) => sum + colour) / _ramp.Length;

    /// <summary>The colour (R, G, B in [0, 1], 0) at a place.</summary>
    public Vector4 At(float x, float y)
    {
        var (pu, pv) = _toPattern.Apply(x, y);
        float u = (float)pu, v = (float)pv;
        float noise = Warp > 0 || Roughness > 0 ? NoiseTile.Clouds.At((u * 0.061f) + 0.3f, (v * 0.061f) + 0.7f) - 0.5f : 0;
        u += Warp * noise;
        v -= Warp * noise;
        float tone = Tone(u, v);
        if (Roughness > 0)
        {
            tone += Roughness * (NoiseTile.Clouds.At(x * (1 / 256f), y * (1 / 256f)) - 0.5f);
        }

        int index = (int)(Math.Clamp(tone, 0, 1) * (_ramp.Length - 1) + 0.5f);
        return _ramp[index];
    }

    private float Tone(float u, float v)
    {
        switch (Pattern)
        {
            case MaterialPattern.Gradient:
                return 0.5f + u;
            case MaterialPattern.Stripes:
                return Band(u);
            case MaterialPattern.Checker:
                return (Band(u / 2) - 0.5f) * (Band(v / 2) - 0.5f) * 2 + 0.5f;
            case MaterialPattern.Dots:
                float du = u - MathF.Floor(u) - 0.5f, dv = v - MathF.Floor(v) - 0.5f;
                return Edge((0.15f + (0.3f * Duty)) - MathF.Sqrt((du * du) + (dv * dv)));
            case MaterialPattern.Grid:
                return Math.Max(Band(u), Band(v));
            case MaterialPattern.Rings:
                return Band(MathF.Sqrt((u * u) + (v * v)));
            case MaterialPattern.Clouds:
                return NoiseTile.Clouds.At(u / 4, v / 4);
            case MaterialPattern.Spots:
                return Edge(4 * (NoiseTile.Clouds.At(u / 8, v / 8) - 0.35f - (0.3f * Duty)));
            case MaterialPattern.Patches:
                return NoiseTile.Patches.At(u / 8, v / 8);
            case MaterialPattern.Cracks:
                return NoiseTile.Cracks.At(u / 8, v / 8);
            case MaterialPattern.Bumps:
                return NoiseTile.Bumps.At(u / 8, v / 8);
            default:
                return 0.5f;
        }
    }

    /// <summary>1 in a share of every unit, 0 in the rest, with flanks a pixel wide.</summary>
    private float Band(float u)
    {
        float phase = u - MathF.Floor(u);
        return Edge((Duty / 2) - Math.Abs(phase - 0.5f));
    }

    /// <summary>From 0 to 1 where a signed distance in repeating pieces crosses 0, within one pixel.</summary>
    private float Edge(float distance) => Math.Clamp((distance * Cell) + 0.5f, 0, 1);
}
