namespace Sam2.Torch.Data.Drawn;

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
