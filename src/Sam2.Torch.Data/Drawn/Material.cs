using System.Numerics;

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

/// <summary>How the tones of a material are laid out.</summary>
internal enum MaterialPattern
{
    /// <summary>One tone.</summary>
    Plain,

    /// <summary>A transition from dark to light.</summary>
    Gradient,

    /// <summary>Bands.</summary>
    Stripes,

    /// <summary>Squares in turn.</summary>
    Checker,

    /// <summary>A lattice of discs.</summary>
    Dots,

    /// <summary>Lines that cross.</summary>
    Grid,

    /// <summary>Bands around a centre, as in wood.</summary>
    Rings,

    /// <summary>Noise on all scales.</summary>
    Clouds,

    /// <summary>Noise cut into spots of two tones.</summary>
    Spots,

    /// <summary>An irregular mosaic.</summary>
    Patches,

    /// <summary>Seams of an irregular mosaic.</summary>
    Cracks,

    /// <summary>Rounded bumps.</summary>
    Bumps,
}

/// <summary>Makes up surfaces. Most are dull, as in photos; some are garish.</summary>
internal static class MaterialGenerator
{
    private const int RampLength = 64;

    /// <summary>Any surface.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="extent">Size of what is painted, in pixels; the pattern repeats 2 to 20 times on it.</param>
    /// <param name="garish">Probability that it has strong colours of unrelated hues.</param>
    public static Material Any(ref DrawnRandom random, double extent, double garish)
    {
        var pattern = (MaterialPattern)random.Below(12);
        double cell = pattern == MaterialPattern.Gradient ? extent * random.Between(0.7, 1.5) : Math.Max(2.5, extent * Log(ref random, 0.05, 0.5));
        double stretch = random.NextDouble() < 0.3 ? Log(ref random, 1, 3) : 1;
        var toPattern = Affine2.Translation(random.Between(-9, 9), random.Between(-9, 9))
            * Affine2.Scaling(1 / cell, stretch / cell) * Affine2.Rotation(random.Between(0, 2 * Math.PI));
        if (pattern == MaterialPattern.Gradient)
        {
            toPattern = toPattern with { X0 = 0, Y0 = 0 };
        }
        else if (pattern == MaterialPattern.Rings)
        {
            toPattern = toPattern with { X0 = random.Between(-2, 2), Y0 = random.Between(-2, 2) };
        }

        return new Material(pattern, cell / stretch, toPattern, Ramp(ref random, garish))
        {
            Warp = random.NextDouble() < 0.5 ? (float)random.Between(0, 2.5) : 0,
            Roughness = random.NextDouble() < 0.7 ? (float)random.Between(0, 0.8) : 0,
            Duty = (float)random.Between(0.25, 0.75),
        };
    }

    /// <summary>A surface whose average colour keeps a distance from another's, if a few attempts find one.</summary>
    public static Material Unlike(ref DrawnRandom random, double extent, double garish, Material other, double distance)
    {
        var material = Any(ref random, extent, garish);
        for (int attempt = 0; attempt < 8 && Distance(material.Mean, other.Mean) < distance; attempt++)
        {
            material = Any(ref random, extent, garish);
        }

        return material;
    }

    // The runtime's own length function sums the squares in an order that depends on the processor.
    private static double Distance(Vector4 a, Vector4 b)
    {
        var d = a - b;
        return Math.Sqrt((d.X * d.X) + (d.Y * d.Y) + (d.Z * d.Z));
    }

    /// <summary>A number whose logarithm is uniform.</summary>
    public static double Log(ref DrawnRandom random, double low, double high)
    {
        // Products of random square roots of the range: uniform enough, and free of the C library's exp and log.
        double ratio = high / low, value = low;
        for (int i = 0; i < 10; i++)
        {
            ratio = Math.Sqrt(ratio);
            value *= random.NextDouble() < 0.5 ? ratio : 1;
        }

        return value;
    }

    /// <summary>Two or three colours, mostly related or else garish, and the transitions between them.</summary>
    private static Vector4[] Ramp(ref DrawnRandom random, double garish)
    {
        // At 0 no random number is used, so that the clips of a seed are the same as before this option existed.
        bool strong = garish > 0 && random.NextDouble() < garish;
        double hue = random.NextDouble();
        double lightness = random.Between(0.08, 0.92);
        double chroma = random.NextDouble();
        chroma = strong ? 0.2 + (0.25 * chroma) : 0.4 * chroma * chroma;
        double contrast = random.Between(0.04, 0.35) * (random.NextDouble() < 0.5 ? -1 : 1);
        bool otherHue = random.NextDouble() < 0.25;
        var stops = new Vector4[2 + random.Below(2)];
        for (int i = 0; i < stops.Length; i++)
        {
            double step = ((double)i / (stops.Length - 1)) - 0.5;
            double h = strong || (otherHue && i == stops.Length - 1) ? random.NextDouble() : hue + random.Between(-0.06, 0.06);
            stops[i] = Colour(lightness + (2 * step * contrast), chroma * random.Between(0.6, 1.4), h);
        }

        var ramp = new Vector4[RampLength];
        for (int i = 0; i < RampLength; i++)
        {
            float at = (float)i / (RampLength - 1) * (stops.Length - 1);
            int from = Math.Min((int)at, stops.Length - 2);
            ramp[i] = stops[from] + ((stops[from + 1] - stops[from]) * (at - from));
        }

        return ramp;
    }

    /// <summary>Grey of a lightness, shifted towards a hue (in turns): three cosines a third of a turn apart.</summary>
    private static Vector4 Colour(double lightness, double chroma, double hue)
    {
        float Channel(double shift) =>
            (float)Math.Clamp(lightness + (chroma * PortableMath.Sin((hue + shift) * 2 * Math.PI)), 0.01, 0.99);
        return new Vector4(Channel(0), Channel(1 / 3.0), Channel(2 / 3.0), 0);
    }
}

/// <summary>
/// A square of noise that repeats without seams, computed once. Sampling it turned, stretched and moved is many times
/// cheaper than computing noise per pixel, and no two surfaces look alike.
/// </summary>
internal sealed class NoiseTile
{
    private const int Size = 256;

    private readonly float[] _values;

    private NoiseTile(Func<int, int, float> value)
    {
        _values = new float[Size * Size];
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = value(i % Size, i / Size);
        }

        float low = _values.Min(), high = _values.Max();
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = (_values[i] - low) / (high - low);
        }
    }

    /// <summary>Noise on all scales, as clouds, stone and foliage have it: amplitudes fall with frequency as in photos.</summary>
    public static NoiseTile Clouds { get; } = new((x, y) =>
    {
        float sum = 0;
        for (int cells = 4; cells <= 128; cells *= 2)
        {
            sum += ValueNoise(x, y, cells) / cells;
        }

        return sum;
    });

    /// <summary>One tone per cell of an irregular mosaic.</summary>
    public static NoiseTile Patches { get; } = new((x, y) => Cells(x, y).Tone);

    /// <summary>Dark seams between the cells of an irregular mosaic.</summary>
    public static NoiseTile Cracks { get; } = new((x, y) => Math.Min(14, Cells(x, y).Seam));

    /// <summary>Bumps around irregular points.</summary>
    public static NoiseTile Bumps { get; } = new((x, y) => Cells(x, y).Nearest);

    /// <summary>The value in [0, 1] at a place; one unit is one repetition, a cell of the mosaics is 1/8.</summary>
    public float At(float u, float v)
    {
        float x = (u - MathF.Floor(u)) * Size, y = (v - MathF.Floor(v)) * Size;
        int x0 = (int)x, y0 = (int)y;
        float fx = x - x0, fy = y - y0;
        int column = x0 & (Size - 1), next = (x0 + 1) & (Size - 1);
        int row = (y0 & (Size - 1)) * Size, below = ((y0 + 1) & (Size - 1)) * Size;
        float top = _values[row + column] + ((_values[row + next] - _values[row + column]) * fx);
        float bottom = _values[below + column] + ((_values[below + next] - _values[below + column]) * fx);
        return top + ((bottom - top) * fy);
    }

    /// <summary>Random values on a grid of <paramref name="cells"/> cells to the side of a tile, and smooth transitions between them.</summary>
    private static float ValueNoise(int x, int y, int cells)
    {
        float u = x * cells / (float)Size, v = y * cells / (float)Size;
        int x0 = (int)u, y0 = (int)v;
        float fx = u - x0, fy = v - y0;
        fx = fx * fx * (3 - (2 * fx));
        fy = fy * fy * (3 - (2 * fy));
        float Corner(int dx, int dy) => Hash(((x0 + dx) % cells) + (cells * ((y0 + dy) % cells)), cells);
        float top = Corner(0, 0) + ((Corner(1, 0) - Corner(0, 0)) * fx);
        float bottom = Corner(0, 1) + ((Corner(1, 1) - Corner(0, 1)) * fx);
        return top + ((bottom - top) * fy);
    }

    /// <summary>The mosaic of the nearest point among 8×8 jittered ones (Worley, "A Cellular Texture Basis Function", 1996).</summary>
    private static (float Nearest, float Seam, float Tone) Cells(int x, int y)
    {
        const int Grid = 8;
        float u = x * Grid / (float)Size, v = y * Grid / (float)Size;
        float first = float.MaxValue, second = float.MaxValue;
        int owner = 0;
        for (int cy = (int)v - 1; cy <= (int)v + 1; cy++)
        {
            for (int cx = (int)u - 1; cx <= (int)u + 1; cx++)
            {
                int id = ((cx + Grid) % Grid) + (Grid * ((cy + Grid) % Grid));
                float dx = cx + Hash(id, 1001) - u, dy = cy + Hash(id, 1002) - v;
                float distance = MathF.Sqrt((dx * dx) + (dy * dy)) * (Size / Grid);
                if (distance < first)
                {
                    (second, first, owner) = (first, distance, id);
                }
                else
                {
                    second = Math.Min(second, distance);
                }
            }
        }

        return (first, second - first, Hash(owner, 1003));
    }

    private static float Hash(int index, int salt) =>
        (float)new DrawnRandom(((ulong)salt << 32) ^ ((ulong)index * 0x9E3779B97F4A7C15)).NextDouble();
}
