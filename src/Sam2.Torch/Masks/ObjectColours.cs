using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>
/// A colour for every object id, the same in every picture: hues advance by the golden ratio in OKLCH (Ottosson, 2020), a space
/// in which equal steps look equally far apart, and lightness alternates so that later neighbours in hue still differ.
/// </summary>
public static class ObjectColours
{
    private const double GoldenRatio = 0.61803398874989485;
    private const double FirstHue = 0.082;
    private const double YellowHue = 0.31;

    /// <summary>The colour of an object.</summary>
    /// <param name="id">Any id; the colours of a few dozen successive ids are easy to tell apart.</param>
    public static Rgb Of(long id)
    {
        // Reducing the id first keeps the fraction exact for huge ids.
        double hue = FirstHue + (((id % 1_000_003) + 1_000_003) % 1_000_003 * GoldenRatio);
        hue -= Math.Floor(hue);
        double lightness = (Math.Abs(id / 5) % 3) switch { 0 => 0.70, 1 => 0.60, _ => 0.82 };

        // Yellow is only yellow when it is light; darker it is olive.
        lightness += 0.14 * Math.Max(0, Math.Cos((hue - YellowHue) * 2 * Math.PI)) * (1 - lightness) / 0.3;
        return FromOklch(lightness, 0.19, hue);
    }

    /// <summary>The DAVIS palette as R, G, B triples: entry 0 black for the background, then the colours of objects 1 to 255.</summary>
    /// <remarks>The data set's own colours, PASCAL VOC's bit-interleaved sequence, so that its tools show what they expect.</remarks>
    public static byte[] DavisPalette()
    {
        var palette = new byte[768];
        for (int id = 0; id < 256; id++)
        {
            // Bits 0, 1, 2 of the id go to red, green, blue from the highest bit down; then bits 3, 4, 5, and so on.
            for (int bit = 0; bit < 8; bit++)
            {
                palette[(3 * id) + (bit % 3)] |= (byte)(((id >> bit) & 1) << (7 - (bit / 3)));
            }
        }

        return palette;
    }

    /// <summary>A colour from lightness and chroma (OKLCH) and a hue in turns; chroma is lowered until sRGB can show it.</summary>
    public static Rgb FromOklch(double lightness, double chroma, double hue)
    {
        for (; ; chroma *= 0.95)
        {
            double a = chroma * Math.Cos(hue * 2 * Math.PI);
            double b = chroma * Math.Sin(hue * 2 * Math.PI);
            double l = Cube(lightness + (0.3963377774 * a) + (0.2158037573 * b));
            double m = Cube(lightness - (0.1055613458 * a) - (0.0638541728 * b));
            double s = Cube(lightness - (0.0894841775 * a) - (1.2914855480 * b));
            double red = (4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s);
            double green = (-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s);
            double blue = (-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s);
            if (chroma < 0.001 || (InRange(red) && InRange(green) && InRange(blue)))
            {
                return new Rgb(Gamma(red), Gamma(green), Gamma(blue));
            }
        }
    }

    private static double Cube(double v) => v * v * v;

    private static bool InRange(double v) => v is > -0.002 and < 1.002;

    private static byte Gamma(double linear)
    {
        linear = Math.Clamp(linear, 0, 1);
        double encoded = linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055;
        return (byte)Math.Round(encoded * 255);
    }
}
