namespace Sam2.Torch.Data;

/// <summary>
/// Sine and cosine from additions and multiplications only. The C library's differ in the last bit between systems, and one
/// bit is enough for a pixel to fall on the other side of an outline.
/// </summary>
internal static class PortableMath
{
    /// <summary>Sine and cosine of an angle in radians, to about 1e-13 for angles up to some thousand turns.</summary>
    public static (double Sin, double Cos) SinCos(double angle)
    {
        double quarter = Math.Floor((angle * (2 / Math.PI)) + 0.5);
        double r = angle - (quarter * (Math.PI / 2));
        double r2 = r * r;

        // Taylor series: for |r| ≤ π/4 the terms left out are below 1e-13.
        double sin = r * (1 - (r2 / 6 * (1 - (r2 / 20 * (1 - (r2 / 42 * (1 - (r2 / 72 * (1 - (r2 / 110 * (1 - (r2 / 156))))))))))));
        double cos = 1 - (r2 / 2 * (1 - (r2 / 12 * (1 - (r2 / 30 * (1 - (r2 / 56 * (1 - (r2 / 90 * (1 - (r2 / 132 * (1 - (r2 / 182)))))))))))));
        return ((long)quarter & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary>Sine of an angle in radians.</summary>
    public static double Sin(double angle) => SinCos(angle).Sin;
}
