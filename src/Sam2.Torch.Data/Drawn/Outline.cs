namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// The outline of a drawn part in its own coordinates, in which it fits into the unit circle: a level that is negative
/// inside, 0 on the outline and positive outside.
/// </summary>
internal abstract class Outline
{
    /// <summary>The level at a place. Its sign is exact; its slope need not be 1.</summary>
    public abstract float Level(float x, float y);
}

/// <summary>
/// A closed curve around the centre whose radius is a sum of waves: pebbles, petals, stars with round arms. The radius is
/// base + Σ amplitudes[k] · cos((k + 1)·(θ − phases[k])).
/// </summary>
internal sealed class BlobOutline : Outline
{
    private readonly float _base;
    private readonly (float Cos, float Sin)[] _waves;

    public BlobOutline(double baseRadius, IReadOnlyList<double> amplitudes, IReadOnlyList<double> phases)
    {
        _base = (float)baseRadius;
        _waves = new (float, float)[amplitudes.Count];
        for (int k = 0; k < _waves.Length; k++)
        {
            var (sin, cos) = PortableMath.SinCos((k + 1) * phases[k]);
            _waves[k] = ((float)(amplitudes[k] * cos), (float)(amplitudes[k] * sin));
        }
    }

    public override float Level(float x, float y)
    {
        float radius = MathF.Sqrt((x * x) + (y * y));
        if (radius < 1e-6f)
        {
            return -_base;
        }

        // cos kθ and sin kθ as powers of the direction: no angle is needed.
        float c = x / radius, s = y / radius;
        float ck = 1, sk = 0, limit = _base;
        foreach (var (cos, sin) in _waves)
        {
            (ck, sk) = ((ck * c) - (sk * s), (sk * c) + (ck * s));
            limit += (cos * ck) + (sin * sk);
        }

        return radius - limit;
    }
}

/// <summary>A polygon, convex or not, with corners rounded by a radius. The level is the exact distance.</summary>
internal sealed class PolygonOutline(IReadOnlyList<(double X, double Y)> corners, double rounding) : Outline
{
    private readonly (float X, float Y)[] _corners = [.. corners.Select(c => ((float)c.X, (float)c.Y))];
    private readonly float _rounding = (float)rounding;

    public override float Level(float x, float y)
    {
        float nearest = float.MaxValue;
        bool inside = false;
        var a = _corners[^1];
        foreach (var b in _corners)
        {
            float edgeX = b.X - a.X, edgeY = b.Y - a.Y;
            float fromX = x - a.X, fromY = y - a.Y;
            float along = Math.Clamp(((fromX * edgeX) + (fromY * edgeY)) / ((edgeX * edgeX) + (edgeY * edgeY)), 0, 1);
            float offX = fromX - (along * edgeX), offY = fromY - (along * edgeY);
            nearest = Math.Min(nearest, (offX * offX) + (offY * offY));

            // Even-odd rule: a ray to the right crosses the edge.
            if ((a.Y > y) != (b.Y > y) && fromX < edgeX * fromY / edgeY)
            {
                inside = !inside;
            }

            a = b;
        }

        float distance = MathF.Sqrt(nearest);
        return (inside ? -distance : distance) - _rounding;
    }
}

/// <summary>A line through points, drawn with a round pen whose width changes from point to point: snakes, twigs, letters.</summary>
internal sealed class StrokeOutline(IReadOnlyList<(double X, double Y, double Radius)> points) : Outline
{
    private readonly (float X, float Y, float Radius)[] _points =
        [.. points.Select(p => ((float)p.X, (float)p.Y, (float)p.Radius))];

    public override float Level(float x, float y)
    {
        float nearest = float.MaxValue;
        for (int i = 1; i < _points.Length; i++)
        {
            var (a, b) = (_points[i - 1], _points[i]);
            float edgeX = b.X - a.X, edgeY = b.Y - a.Y;
            float fromX = x - a.X, fromY = y - a.Y;
            float along = Math.Clamp(((fromX * edgeX) + (fromY * edgeY)) / ((edgeX * edgeX) + (edgeY * edgeY) + 1e-12f), 0, 1);
            float offX = fromX - (along * edgeX), offY = fromY - (along * edgeY);
            float radius = a.Radius + (along * (b.Radius - a.Radius));
            nearest = Math.Min(nearest, MathF.Sqrt((offX * offX) + (offY * offY)) - radius);
        }

        return nearest;
    }
}

/// <summary>A band inside another outline: a ring, a frame. The level inside the other outline must reach −width at least.</summary>
internal sealed class RingOutline(Outline outer, double width) : Outline
{
    private readonly float _half = (float)(width / 2);

    public override float Level(float x, float y) => Math.Abs(outer.Level(x, y) + _half) - _half;
}

/// <summary>An outline that is scaled and then moved.</summary>
internal sealed class PlacedOutline(Outline outline, double x, double y, double scale) : Outline
{
    private readonly float _x = (float)x;
    private readonly float _y = (float)y;
    private readonly float _scale = (float)scale;

    public override float Level(float x, float y) => _scale * outline.Level((x - _x) / _scale, (y - _y) / _scale);
}

/// <summary>How two outlines make one.</summary>
internal enum OutlineCombination
{
    /// <summary>Both together.</summary>
    Union,

    /// <summary>The first without the second: crescents, bitten discs, holes.</summary>
    Difference,
}

/// <summary>Two outlines as one.</summary>
internal sealed class CombinedOutline(Outline first, Outline second, OutlineCombination how) : Outline
{
    public override float Level(float x, float y)
    {
        float a = first.Level(x, y), b = second.Level(x, y);
        return how == OutlineCombination.Union ? Math.Min(a, b) : Math.Max(a, -b);
    }
}
