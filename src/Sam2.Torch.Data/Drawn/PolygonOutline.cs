namespace Sam2.Torch.Data.Drawn;

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
