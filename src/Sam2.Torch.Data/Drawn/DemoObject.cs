using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>A drawn object and how it moves. All lengths in pixels, angles in radians, time in frames.</summary>
public sealed record DemoObject
{
    /// <summary>The id its pixels carry, 1 to 255.</summary>
    public required byte Id { get; init; }

    /// <summary>Outline.</summary>
    public required DemoShape Shape { get; init; }

    /// <summary>Half the width before turning.</summary>
    public required double HalfWidth { get; init; }

    /// <summary>Half the height before turning.</summary>
    public required double HalfHeight { get; init; }

    /// <summary>Column of the centre at time 0.</summary>
    public required double X { get; init; }

    /// <summary>Row of the centre at time 0.</summary>
    public required double Y { get; init; }

    /// <summary>Surface; it moves and turns with the object.</summary>
    public required DemoTexture Texture { get; init; }

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
        (ObjectPath.Reflect(X + (VelocityX * time), width, bound: 0), ObjectPath.Reflect(Y + (VelocityY * time), height, bound: 0));

    /// <summary>
    /// Approximate signed distance in pixels from the outline, in the object's own coordinates; negative inside. Exact in sign.
    /// </summary>
    internal double Distance(double u, double v)
    {
        switch (Shape)
        {
            case DemoShape.Rectangle:
                return Math.Max(Math.Abs(u) - HalfWidth, Math.Abs(v) - HalfHeight);
            case DemoShape.Triangle:
                return Polygon(u, v, 3);
            case DemoShape.Pentagon:
                return Polygon(u, v, 5);
            case DemoShape.Hexagon:
                return Polygon(u, v, 6);
            default:
                double x = u / HalfWidth, y = v / HalfHeight;
                double radius = Math.Sqrt((x * x) + (y * y));
                double limit = Shape == DemoShape.Flower ? 0.8 + (0.2 * Math.Cos(5 * Math.Atan2(y, x))) : 1;

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
}

/// <summary>The outline of a drawn object, before it is turned and moved.</summary>
public enum DemoShape
{
    /// <summary>An ellipse with the given half axes.</summary>
    Ellipse,

    /// <summary>A rectangle with the given half sides.</summary>
    Rectangle,

    /// <summary>A triangle inside the ellipse with the given half axes.</summary>
    Triangle,

    /// <summary>A pentagon inside the ellipse with the given half axes.</summary>
    Pentagon,

    /// <summary>A hexagon inside the ellipse with the given half axes.</summary>
    Hexagon,

    /// <summary>A rounded flower of five petals inside the ellipse with the given half axes.</summary>
    Flower,
}

/// <summary>The surface of a drawn object or of the background.</summary>
/// <param name="Pattern">The kind of pattern.</param>
/// <param name="First">First colour.</param>
/// <param name="Second">Second colour.</param>
/// <param name="Cell">Size of the pattern's repeating piece in pixels; the length of a gradient.</param>
/// <param name="Angle">Direction in radians.</param>
public sealed record DemoTexture(TexturePattern Pattern, Rgb First, Rgb Second, double Cell, double Angle = 0)
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

/// <summary>How a drawn surface is patterned.</summary>
public enum TexturePattern
{
    /// <summary>The first colour everywhere.</summary>
    Plain,

    /// <summary>Squares of both colours in turn.</summary>
    Checker,

    /// <summary>Bands of both colours in turn.</summary>
    Stripes,

    /// <summary>A transition from the first colour to the second.</summary>
    Gradient,

    /// <summary>Dots of the second colour on the first.</summary>
    Dots,

    /// <summary>Soft clouds between both colours.</summary>
    Clouds,
}
