using System.Numerics;
using Sam2.Torch.Data.DemoScene;

namespace Sam2.Torch.Data.Drawn;

/// <summary>Invents surfaces. Most are dull, as in photos; some are garish.</summary>
internal static class MaterialGenerator
{
    private const int RampLength = 64;

    /// <summary>Any surface.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="extent">Size of what is painted, in pixels; the pattern repeats 2 to 20 times on it.</param>
    /// <param name="garish">How often it has strong colours of unrelated hues, in [0, 1].</param>
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

    /// <summary>A surface whose average colour keeps a distance from another's, as far as a few attempts find one.</summary>
    public static Material Unlike(ref DrawnRandom random, double extent, double garish, Material other, double distance)
    {
        var material = Any(ref random, extent, garish);
        for (int attempt = 0; attempt < 8 && Distance(material.Mean, other.Mean) < distance; attempt++)
        {
            material = Any(ref random, extent, garish);
        }

        return material;
    }

    // The runtime's own sums the squares in an order that depends on the processor.
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

    /// <summary>Two or three colours and the passages between them: mostly related, or garish ones.</summary>
    private static Vector4[] Ramp(ref DrawnRandom random, double garish)
    {
        // Without garish surfaces nothing is drawn from the random numbers here: the clips of a seed stay what they were.
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
