using Sam2.Torch.Data.DemoScene;

namespace Sam2.Torch.Data.Drawn;

/// <summary>Sends objects behind others that are in front of them and large enough to hide them, and out again on the other side.</summary>
internal static class HiddenPassage
{
    /// <summary>How much larger what hides an object is than the object.</summary>
    private const double Surplus = 1.15;

    /// <summary>Radius of the smallest object that is worth hiding, in pixels.</summary>
    private const double SmallestRadius = 5;

    /// <summary>How many directions are tried for one that starts and ends inside the picture.</summary>
    private const int Attempts = 12;

    /// <summary>Gives some objects another path.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="probability">How often, in [0, 1].</param>
    /// <param name="objects">The objects, those in front last.</param>
    public static void Plan(ref DrawnRandom random, double probability, IList<SceneObject> objects)
    {
        // From the front to the back: an object's path is made from that of what hides it.
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
