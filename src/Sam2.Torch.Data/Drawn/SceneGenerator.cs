using System.Numerics;
using Sam2.Torch.Data.DemoScene;

namespace Sam2.Torch.Data.Drawn;

/// <summary>Invents a scene: backdrop, objects, things in the way, camera and light.</summary>
internal static class SceneGenerator
{
    /// <summary>The scene of a seed.</summary>
    public static Scene Create(ulong seed, ProceduralOptions options)
    {
        var random = new DrawnRandom(seed);
        int width = options.Width, height = options.Height;
        double size = Math.Min(width, height);
        var ground = MaterialGenerator.Any(ref random, size * random.Between(0.6, 1.6), options.GarishProbability);
        var backdrop = BackdropGenerator.Create(ref random, options, ground);
        var objects = new List<SceneObject>();
        int labelled = options.MinObjects + random.Below(options.MaxObjects - options.MinObjects + 1);
        for (int i = 0; i < labelled; i++)
        {
            // A twin looks the same: only where it has been tells which is which.
            bool twin = i > 0 && random.NextDouble() < options.TwinProbability;
            objects.Add(twin
                ? ObjectGenerator.Twin(ref random, options, objects[random.Below(i)], (byte)(i + 1))
                : ObjectGenerator.Create(ref random, options, (byte)(i + 1), ground));
        }

        int others = random.Below(options.MaxDistractors + 1);
        for (int i = 0; i < others; i++)
        {
            bool twin = random.NextDouble() < options.TwinProbability;
            objects.Add(twin
                ? ObjectGenerator.Twin(ref random, options, objects[random.Below(labelled)], id: 0)
                : ObjectGenerator.Create(ref random, options, id: 0, ground));
        }

        for (int i = objects.Count - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (objects[i], objects[j]) = (objects[j], objects[i]);
        }

        // Otherwise nothing is drawn from the random numbers: the clips of a seed stay what they were.
        if (options.HideProbability > 0)
        {
            HiddenPassage.Plan(ref random, options.HideProbability, objects);
        }

        return new Scene
        {
            Width = width,
            Height = height,
            Backdrop = backdrop,
            BackdropNearness = random.Between(0.5, 1),
            Objects = objects,
            Camera = Camera(ref random, size * options.CameraMotion, options.CameraMotion),
            Lighting = Lighting(ref random, size, options),
            GrainSeed = random.NextBits(),
        };
    }

    private static SceneCamera Camera(ref DrawnRandom random, double size, double strength)
    {
        if (strength == 0 || random.NextDouble() < 0.3)
        {
            return new SceneCamera();
        }

        bool shakes = random.NextDouble() < 0.3;
        double zoom = strength * random.Between(0, 0.12);
        return new SceneCamera
        {
            PanX = Oscillation.Random(ref random, 0, random.Between(0, 0.2) * size, 16, 80),
            PanY = Oscillation.Random(ref random, 0, random.Between(0, 0.1) * size, 16, 80),
            ShakeX = Oscillation.Random(ref random, 0, shakes ? random.Between(0, 0.012) * size : 0, 2.2, 6),
            ShakeY = Oscillation.Random(ref random, 0, shakes ? random.Between(0, 0.012) * size : 0, 2.2, 6),
            Roll = Oscillation.Random(ref random, 0, strength * random.Between(0, 0.1), 16, 80),
            Zoom = Oscillation.Random(ref random, 1 + zoom, zoom, 16, 80),
        };
    }

    private static SceneLighting Lighting(ref DrawnRandom random, double size, ProceduralOptions options)
    {
        double change = random.NextDouble() < 0.5 ? options.LightingChange * random.Between(0, 0.25) : 0;
        double speed = 2 * Math.PI / random.Between(6, 50), phase = random.Between(0, 2 * Math.PI), gain = random.Between(0.75, 1.15);
        Oscillation Channel(double tint) => new(gain * tint, gain * change, speed, phase);
        var (shadowY, shadowX) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
        double reach = Math.Max(1, size * random.Between(0.005, 0.04));
        return new SceneLighting
        {
            Red = Channel(random.Between(0.93, 1.07)),
            Green = Channel(1),
            Blue = Channel(random.Between(0.93, 1.07)),
            SlopeX = Oscillation.Random(ref random, random.Between(-0.15, 0.15), change * 0.5, 10, 60),
            SlopeY = Oscillation.Random(ref random, random.Between(-0.15, 0.15), change * 0.5, 10, 60),
            Vignette = random.NextDouble() < 0.3 ? random.Between(0, 0.15) : 0,
            Shadow = random.NextDouble() < 0.5 ? random.Between(0.1, 0.5) : 0,
            ShadowOffset = (reach * shadowX, reach * shadowY),
            Blur = random.NextDouble() < 0.4 ? random.Between(0.05, 0.3) : 0,
            Grain = options.Grain * random.NextDouble(),
        };
    }
}
