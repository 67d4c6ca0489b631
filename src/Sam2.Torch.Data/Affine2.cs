namespace Sam2.Torch.Data;

/// <summary>
/// An affine map of the plane: x′ = Xx·x + Xy·y + X0, y′ = Yx·x + Yy·y + Y0. Plain arithmetic in a fixed order, so that
/// every machine places pixels alike; the runtime's own matrices may use fused operations where the processor has them.
/// </summary>
public readonly record struct Affine2(double Xx, double Xy, double X0, double Yx, double Yy, double Y0)
{
    /// <summary>Changes nothing.</summary>
    public static Affine2 Identity { get; } = new(1, 0, 0, 0, 1, 0);

    /// <summary>The factor by which areas grow; negative if the map mirrors.</summary>
    public double Determinant => (Xx * Yy) - (Xy * Yx);

    /// <summary>Moves by a vector.</summary>
    public static Affine2 Translation(double x, double y) => new(1, 0, x, 0, 1, y);

    /// <summary>Turns about the origin, from the x axis towards the y axis, by radians.</summary>
    public static Affine2 Rotation(double angle)
    {
        var (sin, cos) = PortableMath.SinCos(angle);
        return new(cos, -sin, 0, sin, cos, 0);
    }

    /// <summary>Stretches both axes about the origin.</summary>
    public static Affine2 Scaling(double x, double y) => new(x, 0, 0, 0, y, 0);

    /// <summary>First <paramref name="b"/>, then <paramref name="a"/>.</summary>
    public static Affine2 operator *(Affine2 a, Affine2 b) => new(
        (a.Xx * b.Xx) + (a.Xy * b.Yx), (a.Xx * b.Xy) + (a.Xy * b.Yy), (a.Xx * b.X0) + (a.Xy * b.Y0) + a.X0,
        (a.Yx * b.Xx) + (a.Yy * b.Yx), (a.Yx * b.Xy) + (a.Yy * b.Yy), (a.Yx * b.X0) + (a.Yy * b.Y0) + a.Y0);

    /// <summary>The point to which a point is mapped.</summary>
    public (double X, double Y) Apply(double x, double y) => ((Xx * x) + (Xy * y) + X0, (Yx * x) + (Yy * y) + Y0);

    /// <summary>The inverse map.</summary>
    /// <exception cref="InvalidOperationException">The map flattens the plane.</exception>
    public Affine2 Inverse()
    {
        double determinant = Determinant;
        if (determinant == 0)
        {
            throw new InvalidOperationException("A map that flattens the plane has no inverse.");
        }

        var (xx, xy, yx, yy) = (Yy / determinant, -Xy / determinant, -Yx / determinant, Xx / determinant);
        return new(xx, xy, -((xx * X0) + (xy * Y0)), yx, yy, -((yx * X0) + (yy * Y0)));
    }
}

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
