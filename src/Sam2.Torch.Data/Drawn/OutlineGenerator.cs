namespace Sam2.Torch.Data.Drawn;

/// <summary>Makes up outlines: round and angular, convex and not, thick and thin, some with holes.</summary>
internal static class OutlineGenerator
{
    /// <summary>Any outline.</summary>
    public static Outline Any(ref DrawnRandom random) => random.Below(12) switch
    {
        0 or 1 => Blob(ref random, waves: 6, strength: 0.5),
        2 => Ellipse(ref random),
        3 => Star(ref random),
        4 or 5 => RandomPolygon(ref random),
        6 => Block(ref random),
        7 => Stroke(ref random),
        8 => new RingOutline(Compact(ref random), random.Between(0.2, 0.4)),
        9 => Bitten(ref random),
        10 => Pair(ref random),
        _ => Compact(ref random),
    };

    /// <summary>A roundish outline without thin places: bodies and leaves of the background.</summary>
    public static Outline Compact(ref DrawnRandom random) => random.Below(4) switch
    {
        0 => Ellipse(ref random),
        1 => Regular(ref random),
        2 => Blob(ref random, waves: 4, strength: 0.25),
        _ => Rectangle(ref random),
    };

    /// <summary>A long outline along the y axis: limbs, posts, blades of grass.</summary>
    public static Outline Long(ref DrawnRandom random)
    {
        double bend = random.Between(-0.25, 0.25), top = random.Between(0.1, 0.3), bottom = random.Between(0.06, 0.3);
        return new StrokeOutline([(0, -0.95 + top, top), (bend, 0, (top + bottom) / 2), (0, 0.95 - bottom, bottom)]);
    }

    private static BlobOutline Blob(ref DrawnRandom random, int waves, double strength)
    {
        var amplitudes = new double[waves];
        var phases = new double[waves];
        double sum = 0;
        for (int k = 1; k < waves; k++)
        {
            // The first wave only moves the shape. Random weights let one of the others prevail.
            double weight = random.NextDouble();
            amplitudes[k] = weight * weight / (k + 1);
            phases[k] = random.Between(0, 2 * Math.PI);
            sum += amplitudes[k];
        }

        double scale = strength * random.Between(0.3, 1) / sum;
        double radius = 0.97 / (1 + scale * sum);
        return new BlobOutline(radius, [.. amplitudes.Select(a => a * scale * radius)], phases);
    }

    private static PolygonOutline Regular(ref DrawnRandom random)
    {
        int corners = 3 + random.Below(5);
        double rounding = random.NextDouble() < 0.5 ? random.Between(0, 0.25) : 0;
        return new PolygonOutline(Around(ref random, corners, _ => 0.97 - rounding, jitter: 0), rounding);
    }

    private static PolygonOutline Star(ref DrawnRandom random)
    {
        int arms = 3 + random.Below(6);
        double inner = random.Between(0.3, 0.7), rounding = random.Between(0, 0.08);
        return new PolygonOutline(Around(ref random, 2 * arms, i => (i % 2 == 0 ? 0.97 : inner) - rounding, jitter: 0), rounding);
    }

    private static PolygonOutline RandomPolygon(ref DrawnRandom random)
    {
        var radii = new double[4 + random.Below(8)];
        double rounding = random.Between(0, 0.1);
        for (int i = 0; i < radii.Length; i++)
        {
            radii[i] = random.Between(0.35, 0.97) - rounding;
        }

        return new PolygonOutline(Around(ref random, radii.Length, i => radii[i], jitter: 0.35), rounding);
    }

    private static (double X, double Y)[] Around(ref DrawnRandom random, int corners, Func<int, double> radius, double jitter)
    {
        double start = random.Between(0, 2 * Math.PI);
        var result = new (double, double)[corners];
        for (int i = 0; i < corners; i++)
        {
            var (sin, cos) = PortableMath.SinCos(start + (2 * Math.PI * (i + random.Between(-jitter, jitter)) / corners));
            result[i] = (radius(i) * cos, radius(i) * sin);
        }

        return result;
    }

    private static BlobOutline Ellipse(ref DrawnRandom random) =>
        new(0.9, [0, random.Between(0, 0.07)], [0, random.Between(0, Math.PI)]);

    private static PolygonOutline Rectangle(ref DrawnRandom random)
    {
        double w = random.Between(0.35, 0.7), h = random.Between(0.35, 0.7), rounding = random.Between(0, 0.25);
        return new PolygonOutline([(-w, -h), (w, -h), (w, h), (-w, h)], rounding);
    }

    /// <summary>Letters' outlines without curves: L, T, U, cross.</summary>
    private static PolygonOutline Block(ref DrawnRandom random)
    {
        double a = random.Between(0.15, 0.35), b = 0.68;
        double rounding = random.Between(0, 0.08);
        (double, double)[] corners = random.Below(4) switch
        {
            0 => [(-b, -b), (-b + (2 * a), -b), (-b + (2 * a), b - (2 * a)), (b, b - (2 * a)), (b, b), (-b, b)],
            1 => [(-b, -b), (b, -b), (b, -b + (2 * a)), (a, -b + (2 * a)), (a, b), (-a, b), (-a, -b + (2 * a)), (-b, -b + (2 * a))],
            2 => [(-b, -b), (-b + a, -b), (-b + a, b - (2 * a)), (b - a, b - (2 * a)), (b - a, -b), (b, -b), (b, b), (-b, b)],
            _ => [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)],
        };
        return new PolygonOutline(corners, rounding);
    }

    private static StrokeOutline Stroke(ref DrawnRandom random)
    {
        var points = new (double, double, double)[3 + random.Below(3)];
        double x = random.Between(-0.6, 0.6), y = random.Between(-0.6, 0.6), radius = random.Between(0.1, 0.25);
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = (x, y, radius);
            x = Math.Clamp(x + random.Between(-0.8, 0.8), -0.65, 0.65);
            y = Math.Clamp(y + random.Between(-0.8, 0.8), -0.65, 0.65);
            radius = Math.Clamp(radius * random.Between(0.6, 1.5), 0.08, 0.28);
        }

        return new StrokeOutline(points);
    }

    private static CombinedOutline Bitten(ref DrawnRandom random)
    {
        var (sin, cos) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
        double off = random.Between(0, 0.8);
        var whole = Compact(ref random);
        var bite = new PlacedOutline(Compact(ref random), off * cos, off * sin, random.Between(0.3, 0.6));
        return new CombinedOutline(whole, bite, OutlineCombination.Difference);
    }

    private static CombinedOutline Pair(ref DrawnRandom random)
    {
        double share = random.Between(0.4, 0.6);
        var left = new PlacedOutline(Compact(ref random), share - 1, random.Between(-0.3, 0.3), share);
        var right = new PlacedOutline(Compact(ref random), share - 0.15, random.Between(-0.3, 0.3), 1 - share);
        return new CombinedOutline(left, right, OutlineCombination.Union);
    }
}
