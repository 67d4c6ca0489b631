using Sam2.Torch.Media;

namespace Sam2.Torch.Data.DemoScene;

/// <summary>The surface of a drawn object or of the background.</summary>
/// <param name="Pattern">The kind of pattern.</param>
/// <param name="First">First colour.</param>
/// <param name="Second">Second colour.</param>
/// <param name="Cell">Size of the pattern's repeating piece in pixels; the length of a gradient.</param>
/// <param name="Angle">Direction in radians.</param>
public sealed record DrawnTexture(TexturePattern Pattern, Rgb First, Rgb Second, double Cell, double Angle = 0)
{
    /// <summary>How much of the second colour is at a place, 0 to 1; patterns have edges one pixel wide.</summary>
    internal double MixAt(double x, double y)
    {
        double cos = Math.Cos(Angle), sin = Math.Sin(Angle);
        double u = ((x * cos) + (y * sin)) / Cell;
        double v = ((y * cos) - (x * sin)) / Cell;
        switch (Pattern)
        {
            case TexturePattern.Checker:
                return 0.5 + (0.5 * Square(u) * Square(v));
            case TexturePattern.Stripes:
                return 0.5 + (0.5 * Square(u));
            case TexturePattern.Gradient:
                return Math.Clamp(0.5 + u, 0, 1);
            case TexturePattern.Dots:
                double dx = u - Math.Floor(u) - 0.5, dy = v - Math.Floor(v) - 0.5;
                return Math.Clamp(((0.3 - Math.Sqrt((dx * dx) + (dy * dy))) * Cell) + 0.5, 0, 1);
            case TexturePattern.Clouds:
                return Math.Clamp((0.65 * Noise(u, v)) + (0.35 * Noise((2 * u) + 17, (2 * v) + 31)), 0, 1);
            default:
                return 0;
        }
    }

    /// <summary>A square wave of period 2 between −1 and 1 whose flanks are a pixel wide.</summary>
    private double Square(double u) => Math.Clamp(Triangle(u) * Cell, -1, 1);

    /// <summary>Distance, in cells, to the nearest change of sign of the square wave, signed.</summary>
    private static double Triangle(double u)
    {
        double phase = u - (2 * Math.Floor(u / 2));
        return phase < 1 ? Math.Min(phase, 1 - phase) : -Math.Min(phase - 1, 2 - phase);
    }

    /// <summary>Smooth value noise in [0, 1].</summary>
    private static double Noise(double u, double v)
    {
        double floorU = Math.Floor(u), floorV = Math.Floor(v);
        double fu = Smooth(u - floorU), fv = Smooth(v - floorV);
        double top = Lerp(Lattice(floorU, floorV), Lattice(floorU + 1, floorV), fu);
        double bottom = Lerp(Lattice(floorU, floorV + 1), Lattice(floorU + 1, floorV + 1), fu);
        return Lerp(top, bottom, fv);
    }

    private static double Lattice(double u, double v) =>
        new DrawnRandom(((ulong)(long)u * 0x9E3779B1) ^ ((ulong)(long)v << 32)).NextDouble();

    private static double Smooth(double t) => t * t * (3 - (2 * t));

    private static double Lerp(double a, double b, double t) => a + ((b - a) * t);
}
