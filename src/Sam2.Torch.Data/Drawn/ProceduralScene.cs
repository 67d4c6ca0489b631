using System.Numerics;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>The scene of a procedural clip: a backdrop and objects over it, seen by a camera. Lengths in pixels, time in frames.</summary>
internal sealed record ProceduralScene
{
    /// <summary>Width of the picture.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the picture.</summary>
    public required int Height { get; init; }

    /// <summary>What is behind all objects, larger than the picture.</summary>
    public required PaintBuffer Backdrop { get; init; }

    /// <summary>How strongly the camera's movement shifts the backdrop, at most 1.</summary>
    public double BackdropNearness { get; init; } = 1;

    /// <summary>Objects, those in front last.</summary>
    public required IReadOnlyList<SceneObject> Objects { get; init; }

    /// <summary>The camera.</summary>
    public SceneCamera Camera { get; init; } = new();

    /// <summary>The light.</summary>
    public SceneLighting Lighting { get; init; } = new();

    /// <summary>Chooses the grain.</summary>
    public ulong GrainSeed { get; init; }
}

/// <summary>How the camera moves: all in pixels, radians and frames.</summary>
internal sealed record SceneCamera
{
    /// <summary>Column of the scene that is seen in the middle, against the scene's middle.</summary>
    public Oscillation PanX { get; init; }

    /// <summary>Row of the scene that is seen in the middle, against the scene's middle.</summary>
    public Oscillation PanY { get; init; }

    /// <summary>A hand's tremor, added to the pan.</summary>
    public Oscillation ShakeX { get; init; }

    /// <summary>A hand's tremor, added to the pan.</summary>
    public Oscillation ShakeY { get; init; }

    /// <summary>Turn of the camera in radians.</summary>
    public Oscillation Roll { get; init; }

    /// <summary>Magnification.</summary>
    public Oscillation Zoom { get; init; } = new(1, 0, 0, 0);

    /// <summary>From the scene to the picture at a time.</summary>
    /// <param name="time">Time in frames.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="nearness">1 for what moves with the objects, less for what is further away.</param>
    public Affine2 ToPicture(double time, int width, int height, double nearness)
    {
        double x = (width - 1) / 2.0, y = (height - 1) / 2.0, zoom = Zoom.At(time);
        double panX = nearness * (PanX.At(time) + ShakeX.At(time)), panY = nearness * (PanY.At(time) + ShakeY.At(time));
        return Affine2.Translation(x, y) * Affine2.Rotation(Roll.At(time)) * Affine2.Scaling(zoom, zoom) * Affine2.Translation(-x - panX, -y - panY);
    }
}

/// <summary>Light on the whole picture, and the camera's vignette, blur and grain.</summary>
internal sealed record SceneLighting
{
    /// <summary>Brightness of red over time.</summary>
    public Oscillation Red { get; init; } = new(1, 0, 0, 0);

    /// <summary>Brightness of green over time.</summary>
    public Oscillation Green { get; init; } = new(1, 0, 0, 0);

    /// <summary>Brightness of blue over time.</summary>
    public Oscillation Blue { get; init; } = new(1, 0, 0, 0);

    /// <summary>How much brighter the right edge is than the middle, over time.</summary>
    public Oscillation SlopeX { get; init; }

    /// <summary>How much brighter the bottom edge is than the middle, over time.</summary>
    public Oscillation SlopeY { get; init; }

    /// <summary>How much darker the corners are.</summary>
    public double Vignette { get; init; }

    /// <summary>Strength of shadows, 0 for none.</summary>
    public double Shadow { get; init; }

    /// <summary>Where shadows fall, in pixels.</summary>
    public (double X, double Y) ShadowOffset { get; init; }

    /// <summary>Outer weight of the blur over everything, 0 to 1/3.</summary>
    public double Blur { get; init; }

    /// <summary>Amplitude of the grain, for intensities in [0, 1].</summary>
    public double Grain { get; init; }

    /// <summary>Brightness of the three colours at a time.</summary>
    public Vector4 GainAt(double time) => new((float)Red.At(time), (float)Green.At(time), (float)Blue.At(time), 0);
}

/// <summary>Makes up a scene: backdrop, objects, things in the way, camera and light.</summary>
internal static class SceneGenerator
{
    /// <summary>The scene of a seed.</summary>
    public static ProceduralScene Create(ulong seed, ProceduralOptions options)
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
            // A twin looks the same: only its history tells which is which.
            bool twin = i > 0 && random.NextDouble() < options.TwinProbability;
            objects.Add(twin
                ? ObjectGenerator.Twin(ref random, options, objects[random.Below(i)], (byte)(i + 1))
                : ObjectGenerator.Create(ref random, options, (byte)(i + 1), ground));
        }

        int others = options.MinDistractors + random.Below(options.MaxDistractors - options.MinDistractors + 1);
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

        // At 0 no random number is used, so that the clips of a seed are the same as before this option existed.
        if (options.HideProbability > 0)
        {
            HiddenPassage.Plan(ref random, options.HideProbability, objects);
        }

        if (options.CrossingProbability > 0)
        {
            LookAlikeCrossing.Plan(ref random, options, objects);
        }

        if (options.AbsenceProbability > 0)
        {
            LongAbsence.Plan(ref random, options, objects);
        }

        return new ProceduralScene
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

/// <summary>Draws a scene at a time, with the id that is seen at each pixel. Uses one thread: data sets draw many clips at once.</summary>
internal static class SceneRenderer
{
    /// <summary>Draws one frame.</summary>
    public static DrawnFrame Render(ProceduralScene scene, int frame)
    {
        var picture = new PaintBuffer(scene.Width, scene.Height);
        var behind = scene.Camera.ToPicture(frame, scene.Width, scene.Height, scene.BackdropNearness);
        var middle = Affine2.Translation((scene.Backdrop.Width - scene.Width) / 2.0, (scene.Backdrop.Height - scene.Height) / 2.0);
        picture.Fill(scene.Backdrop, middle * behind.Inverse());
        var toPicture = scene.Camera.ToPicture(frame, scene.Width, scene.Height, nearness: 1);
        foreach (var item in scene.Objects)
        {
            DrawObject(picture, scene.Lighting, item, toPicture * item.ToScene(frame), frame);
        }

        if (scene.Lighting.Blur > 0)
        {
            picture.Blur((float)scene.Lighting.Blur);
        }

        return new DrawnFrame(Expose(picture, scene, frame), picture.Ids);
    }

    private static void DrawObject(PaintBuffer picture, SceneLighting light, SceneObject item, Affine2 toPicture, int frame)
    {
        if (light.Shadow > 0)
        {
            var shadow = Affine2.Translation(light.ShadowOffset.X, light.ShadowOffset.Y);
            foreach (var part in item.Parts)
            {
                picture.Shade(part.Sprite, shadow * toPicture * part.ToBody(frame), (float)light.Shadow, Sprite.Margin);
            }
        }

        var wobble = item.WobbleAt(frame);
        foreach (var part in item.Parts)
        {
            picture.Draw(part.Sprite, toPicture * part.ToBody(frame), item.Id, wobble);
        }
    }

    /// <summary>Light, vignette and grain; then bytes.</summary>
    private static RgbImage Expose(PaintBuffer picture, ProceduralScene scene, int frame)
    {
        var light = scene.Lighting;
        var gain = light.GainAt(frame) * 255;
        float slopeX = (float)light.SlopeX.At(frame), slopeY = (float)light.SlopeY.At(frame), vignette = (float)light.Vignette;
        float grain = (float)(light.Grain * 255 / 1024);
        var random = new DrawnRandom(scene.GrainSeed + ((ulong)frame * 0xD1342543DE82EF95));
        var image = new RgbImage(picture.Width, picture.Height);
        var bytes = image.Pixels;
        for (int y = 0, i = 0; y < picture.Height; y++)
        {
            float v = (2f * y / picture.Height) - 1;
            for (int x = 0; x < picture.Width; x++, i++)
            {
                float u = (2f * x / picture.Width) - 1;
                var colour = picture.Colours[i] * gain * (1 + (slopeX * u) + (slopeY * v) - (vignette * ((u * u) + (v * v))));

                // Per channel the sum of two uniform numbers of ten bits each: close enough to a camera's noise.
                ulong bits = random.NextBits();
                bytes[3 * i] = ToByte(colour.X + (grain * Triangular(bits)));
                bytes[(3 * i) + 1] = ToByte(colour.Y + (grain * Triangular(bits >> 20)));
                bytes[(3 * i) + 2] = ToByte(colour.Z + (grain * Triangular(bits >> 40)));
            }
        }

        return image;
    }

    private static int Triangular(ulong bits) => (int)(bits & 1023) + (int)((bits >> 10) & 1023) - 1023;

    private static byte ToByte(float value) => (byte)Math.Clamp((int)(value + 0.5f), 0, 255);
}

/// <summary>
/// Makes up what is behind the objects: a plain surface, a landscape of few large areas, or a clutter of things that cover
/// each other, small ones more often than large ones ("dead leaves": Lee, Mumford, Huang, 2001), as in photos.
/// </summary>
internal static class BackdropGenerator
{
    /// <summary>How much larger than the picture it is, so that the camera can move.</summary>
    private const double Surplus = 1.3;

    /// <summary>A backdrop.</summary>
    public static PaintBuffer Create(ref DrawnRandom random, ProceduralOptions options, Material ground)
    {
        var picture = new PaintBuffer(Math.Max(2, (int)(options.Width * Surplus)), Math.Max(2, (int)(options.Height * Surplus)));
        double size = Math.Min(picture.Width, picture.Height);
        picture.Fill(ground);
        double kind = random.NextDouble();
        if (kind < 0.5)
        {
            Clutter(ref random, picture, size, options.Clutter * random.Between(0.2, 1.2), options.GarishProbability);
        }
        else if (kind < 0.75)
        {
            Areas(ref random, picture, size, options.GarishProbability);
        }

        if (random.NextDouble() < 0.3)
        {
            // Out of focus.
            for (int i = 1 + random.Below(3); i > 0; i--)
            {
                picture.Blur(0.3f);
            }
        }

        return picture;
    }

    private static void Clutter(ref DrawnRandom random, PaintBuffer picture, double size, double cover, double garish)
    {
        double left = cover * picture.Width * picture.Height;
        while (left > 0)
        {
            double radius = size * MaterialGenerator.Log(ref random, 0.02, 0.35);
            left -= 2 * radius * radius;
            var outline = random.NextDouble() < 0.3 ? OutlineGenerator.Any(ref random) : OutlineGenerator.Compact(ref random);
            Place(ref random, picture, outline, radius, radius * random.Between(0.4, 1), garish);
        }
    }

    private static void Areas(ref DrawnRandom random, PaintBuffer picture, double size, double garish)
    {
        for (int i = 1 + random.Below(3); i > 0; i--)
        {
            Place(ref random, picture, OutlineGenerator.Compact(ref random), size * random.Between(0.5, 1), size * random.Between(0.3, 1), garish);
        }
    }

    private static void Place(ref DrawnRandom random, PaintBuffer picture, Outline outline, double radiusX, double radiusY, double garish)
    {
        var material = MaterialGenerator.Any(ref random, 2 * Math.Max(radiusX, radiusY), garish);
        var sprite = Sprite.Paint(outline, radiusX, radiusY, material, ObjectGenerator.RimLight(ref random));
        var place = Affine2.Translation(random.Between(0, picture.Width), random.Between(0, picture.Height))
            * Affine2.Rotation(random.Between(0, 2 * Math.PI));
        if (random.NextDouble() < 0.3)
        {
            picture.Shade(sprite, Affine2.Translation(1.5, 1.5) * place, 0.4f, Sprite.Margin);
        }

        picture.Draw(sprite, place, id: 0);
    }
}
