using System.Numerics;

namespace Sam2.Torch.Data.Drawn;

/// <summary>Makes up objects: what they look like and how they move.</summary>
internal static class ObjectGenerator
{
    /// <summary>An object.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="options">Limits.</param>
    /// <param name="id">Id of its mask; 0 for none.</param>
    /// <param name="ground">Surface of the backdrop, from which the object's should differ a little.</param>
    public static SceneObject Create(ref DrawnRandom random, ProceduralOptions options, byte id, Material ground)
    {
        double size = Math.Min(options.Width, options.Height);
        double radius = Math.Max(2, size * MaterialGenerator.Log(ref random, options.MinRadius, options.MaxRadius));
        var material = MaterialGenerator.Unlike(ref random, 2 * radius, options.GarishProbability, ground, distance: 0.15);
        int limbs = random.NextDouble() < options.PartProbability ? 1 + random.Below(4) : 0;
        var light = RimLight(ref random);
        var body = limbs > 0 ? OutlineGenerator.Compact(ref random) : OutlineGenerator.Any(ref random);
        double aspect = random.Between(0.5, 1), shrink = limbs > 0 ? 0.65 : 1;
        var (radiusX, radiusY) = (radius * shrink, radius * shrink * aspect);
        var parts = new List<ScenePart>
        {
            new(Sprite.Paint(body, radiusX, radiusY, material, light), 0, 0, 0, default),
        };
        for (int i = 0; i < limbs; i++)
        {
            var limb = Limb(ref random, radiusX, radiusY, material, options.GarishProbability, light);
            parts.Insert(random.NextDouble() < 0.5 ? 0 : parts.Count, limb);
        }

        return Moving(ref random, options, new SceneObject
        {
            Id = id,
            Parts = parts,
            Path = new ObjectPath { X = 0, Y = 0, Width = options.Width, Height = options.Height },
        }, radius);
    }

    /// <summary>An object that looks like another and moves on its own.</summary>
    public static SceneObject Twin(ref DrawnRandom random, ProceduralOptions options, SceneObject other, byte id) =>
        Moving(ref random, options, other with { Id = id }, other.Radius);

    /// <summary>Light on the rim of a part, or none: half of the parts look flat.</summary>
    public static Vector2 RimLight(ref DrawnRandom random)
    {
        var (sin, cos) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
        float strength = (float)(random.NextDouble() < 0.5 ? 0 : random.Between(0.15, 0.7));
        return new Vector2((float)cos * strength, (float)sin * strength);
    }

    private static ScenePart Limb(ref DrawnRandom random, double radiusX, double radiusY, Material bodyMaterial, double garish, Vector2 light)
    {
        double length = Math.Max(2, radiusX * random.Between(0.35, 0.9));
        double direction = random.Between(0, 2 * Math.PI);
        var (sin, cos) = PortableMath.SinCos(direction);
        bool isLong = random.NextDouble() < 0.6;
        var outline = isLong ? OutlineGenerator.Long(ref random) : OutlineGenerator.Compact(ref random);
        var material = random.NextDouble() < 0.5 ? bodyMaterial : MaterialGenerator.Any(ref random, 2 * length, garish);
        var sprite = Sprite.Paint(outline, isLong ? length * 0.8 : length * 0.7, length, material, light);

        // The part's own y axis points away from the body.
        double swing = random.NextDouble() < 0.6 ? random.Between(0.1, 0.6) : 0;
        var angle = Oscillation.Random(ref random, direction - (Math.PI / 2), swing, 6, 30);
        return new ScenePart(sprite, 0.7 * radiusX * cos, 0.7 * radiusY * sin, 0.6 * length, angle);
    }

    private static SceneObject Moving(ref DrawnRandom random, ProceduralOptions options, SceneObject item, double radius)
    {
        double size = Math.Min(options.Width, options.Height);
        double speed = random.NextDouble() < 0.2 ? 0 : options.Speed * size * random.NextDouble() * random.NextDouble();
        speed = Math.Max(speed, options.MinSpeed * size);
        var (sin, cos) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
        var (awayY, awayX) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
        double away = random.NextDouble() < options.LeaveProbability ? Math.Max(options.Width, options.Height) + (2 * radius) : 0;
        double wobble = random.NextDouble() < 0.25 ? radius * random.Between(0.02, 0.12) : 0;
        double near = random.NextDouble() < 0.5 ? random.Between(0, 0.25) : 0;
        double turn = random.NextDouble() < 0.4 ? random.Between(0, 0.3) : 0;
        return item with
        {
            Path = new ObjectPath
            {
                X = random.Between(0.08, 0.92) * options.Width,
                Y = random.Between(0.08, 0.92) * options.Height,
                VelocityX = speed * cos,
                VelocityY = speed * sin,
                Bound = random.NextDouble() < options.LeaveProbability ? 1.2 * radius : 0,
                Width = options.Width,
                Height = options.Height,
                SwayX = Oscillation.Random(ref random, 0, options.Speed * size * random.Between(0, 1.5), 8, 40),
                SwayY = Oscillation.Random(ref random, 0, options.Speed * size * random.Between(0, 1.5), 8, 40),
                Journey = (away * awayX, away * awayY),
                JourneyStart = random.Between(1, 16),
                JourneyLength = away > 0 ? random.Between(10, 24) : 0,
            },
            Angle = Oscillation.Random(ref random, random.Between(0, 2 * Math.PI), random.Between(0, 0.3), 10, 40),
            Spin = random.NextDouble() < 0.4 ? random.Between(-0.08, 0.08) : 0,
            Size = Oscillation.Random(ref random, 1, near, 12, 60),
            Turn = Oscillation.Random(ref random, 1 - turn, turn, 12, 60),
            Wobble = new Wobble((float)wobble, (float)(random.Between(1.5, 5) / radius), (float)random.Between(0, 2 * Math.PI)),
            WobbleSpeed = random.Between(0.1, 0.6),
        };
    }
}

/// <summary>Sends objects behind others that are in front of them and large enough to hide them, and out again on the other side.</summary>
internal static class HiddenPassage
{
    /// <summary>How many times larger than an object another has to be at least to hide it.</summary>
    private const double Surplus = 1.15;

    /// <summary>Radius of the smallest object that is worth hiding, in pixels.</summary>
    private const double SmallestRadius = 5;

    /// <summary>How many directions are tried for one that starts and ends inside the picture.</summary>
    private const int Attempts = 12;

    /// <summary>Gives some objects another path.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="probability">Probability, in [0, 1].</param>
    /// <param name="objects">The objects, those in front last.</param>
    public static void Plan(ref DrawnRandom random, double probability, IList<SceneObject> objects)
    {
        // From the front to the back, because an object's path follows that of the one that hides it.
        for (int i = objects.Count - 2; i >= 0; i--)
        {
            if (random.NextDouble() < probability)
            {
                objects[i] = Behind(ref random, objects[i], objects[i + 1 + random.Below(objects.Count - i - 1)]);
            }
        }
    }

    private static SceneObject Behind(ref DrawnRandom random, SceneObject item, SceneObject front)
    {
        double cover = front.Parts.Max(p => Math.Min(p.Sprite.Width, p.Sprite.Height)) / 2.0;
        double scale = Math.Min(1, cover / (Surplus * item.Radius));
        if (scale * item.Radius < SmallestRadius)
        {
            return item;
        }

        double middle = random.Between(5, 14);
        double distance = ((scale * item.Radius) + cover) * random.Between(0.9, 1.5);
        var path = front.Path;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var (sin, cos) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
            path = front.Path with
            {
                X = front.Path.X - (distance * cos),
                Y = front.Path.Y - (distance * sin),
                VelocityX = front.Path.VelocityX + (distance / middle * cos),
                VelocityY = front.Path.VelocityY + (distance / middle * sin),
            };
            if (IsInside(path, 0) && IsInside(path, 2 * middle))
            {
                break;
            }
        }

        return item with { Path = path, Size = new Oscillation(scale, 0, 0, 0) };
    }

    private static bool IsInside(ObjectPath path, double time)
    {
        double x = path.X + (path.VelocityX * time), y = path.Y + (path.VelocityY * time);
        return x >= 0 && y >= 0 && x <= path.Width && y <= path.Height;
    }
}
