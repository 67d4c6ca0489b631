using Sam2.Torch.Data.Drawn;

namespace Sam2.Torch.Data.DemoScene;

/// <summary>A drawn object and how it moves. All lengths in pixels, angles in radians, time in frames.</summary>
public sealed record DrawnObject
{
    /// <summary>The id its pixels carry, 1 to 255.</summary>
    public required byte Id { get; init; }

    /// <summary>Outline.</summary>
    public required DrawnShape Shape { get; init; }

    /// <summary>Half the width before turning.</summary>
    public required double HalfWidth { get; init; }

    /// <summary>Half the height before turning.</summary>
    public required double HalfHeight { get; init; }

    /// <summary>Column of the centre at time 0.</summary>
    public required double X { get; init; }

    /// <summary>Row of the centre at time 0.</summary>
    public required double Y { get; init; }

    /// <summary>Surface; it moves and turns with the object.</summary>
    public required DrawnTexture Texture { get; init; }

    /// <summary>Columns per frame.</summary>
    public double VelocityX { get; init; }

    /// <summary>Rows per frame.</summary>
    public double VelocityY { get; init; }

    /// <summary>Turned by this angle at time 0.</summary>
    public double Angle { get; init; }

    /// <summary>Angle per frame.</summary>
    public double Spin { get; init; }

    /// <summary>The centre at a time; it is reflected at the picture's edges, so an object never leaves for good.</summary>
    internal (double X, double Y) CentreAt(double time, int width, int height) =>
        (Reflect(X + (VelocityX * time), width), Reflect(Y + (VelocityY * time), height));

    /// <summary>
    /// Approximate signed distance in pixels from the outline, in the object's own coordinates; negative inside. Exact in sign.
    /// </summary>
    internal double Distance(double u, double v)
    {
        switch (Shape)
        {
            case DrawnShape.Rectangle:
                return Math.Max(Math.Abs(u) - HalfWidth, Math.Abs(v) - HalfHeight);
            case DrawnShape.Triangle:
                return Polygon(u, v, 3);
            case DrawnShape.Pentagon:
                return Polygon(u, v, 5);
            case DrawnShape.Hexagon:
                return Polygon(u, v, 6);
            default:
                double x = u / HalfWidth, y = v / HalfHeight;
                double radius = Math.Sqrt((x * x) + (y * y));
                double limit = Shape == DrawnShape.Flower ? 0.8 + (0.2 * Math.Cos(5 * Math.Atan2(y, x))) : 1;

                // Dividing by the gradient's length turns the level into pixels.
                double gradient = radius < 1e-9
                    ? 1 / Math.Min(HalfWidth, HalfHeight)
                    : Math.Sqrt((x * x / (HalfWidth * HalfWidth)) + (y * y / (HalfHeight * HalfHeight))) / radius;
                return (radius - limit) / gradient;
        }
    }

    private double Polygon(double u, double v, int corners)
    {
        double x = u / HalfWidth, y = v / HalfHeight;
        double sector = 2 * Math.PI / corners;

        // The side that faces the point: the angle within its sector, measured from the side's middle. A corner is on top.
        double angle = Math.Atan2(y, x) + (Math.PI / 2);
        double within = angle - (sector * Math.Floor(angle / sector)) - (sector / 2);
        double level = (Math.Sqrt((x * x) + (y * y)) * Math.Cos(within)) - Math.Cos(sector / 2);
        return level * Math.Min(HalfWidth, HalfHeight);
    }

    private static double Reflect(double position, double size)
    {
        double folded = position - (2 * size * Math.Floor(position / (2 * size)));
        return folded <= size ? folded : (2 * size) - folded;
    }
}
