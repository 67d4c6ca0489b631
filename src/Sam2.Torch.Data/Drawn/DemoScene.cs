using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// The demo's scene, or a random one of the same kind, drawn as a picture or a film of any length: patterned objects with soft
/// shadows that move over a patterned background and cover each other, with exact masks. The same seed gives the same scene
/// everywhere. <see cref="ProceduralDataset"/> draws the far more varied clips that models are trained and measured on.
/// </summary>
public sealed class DemoScene
{
    private const double ShadowStrength = 0.45;
    private const int Grain = 5;

    private readonly DemoTexture _background;
    private readonly ulong _grainSeed;

    /// <summary>A scene of given objects.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="background">What is behind the objects.</param>
    /// <param name="objects">The objects, those in front last, with different ids.</param>
    /// <param name="grainSeed">Chooses the faint noise on the picture.</param>
    /// <exception cref="ArgumentException">An id is 0 or used twice.</exception>
    public DemoScene(int width, int height, DemoTexture background, IReadOnlyList<DemoObject> objects, int grainSeed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(background);
        ArgumentNullException.ThrowIfNull(objects);
        if (objects.Any(o => o.Id == 0) || objects.DistinctBy(o => o.Id).Count() != objects.Count)
        {
            throw new ArgumentException("Objects need different ids from 1 to 255.", nameof(objects));
        }

        Width = width;
        Height = height;
        Objects = objects;
        _background = background;
        _grainSeed = (ulong)grainSeed;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The objects, those in front last.</summary>
    public IReadOnlyList<DemoObject> Objects { get; }

    /// <summary>A random scene.</summary>
    /// <param name="seed">Chooses the scene.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="objects">Number of objects, 1 to 255; ids count from 1.</param>
    public static DemoScene Random(int seed, int width, int height, int objects)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(objects, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(objects, 255);
        return DemoSceneGenerator.Create(seed, width, height, objects);
    }

    /// <summary>
    /// The demo's scene: a red ball (id 1) disappears behind a yellow box (id 2) and comes out again, a blue ball (id 3) rolls
    /// by below. At time 0 nothing is covered; the red ball is hidden around time 17 and free again from 32 on.
    /// </summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public static DemoScene Create(int width, int height)
    {
        double unit = Math.Min(width / 420.0, height / 300.0);
        double cell = 6 * unit;
        var background = new DemoTexture(
            TexturePattern.Gradient, new Rgb(62, 132, 108), new Rgb(120, 80, 116), Math.Sqrt(((double)width * width) + ((double)height * height)), -0.6);
        DemoObject[] objects =
        [
            new()
            {
                Id = 1, Shape = DemoShape.Ellipse, HalfWidth = 42 * unit, HalfHeight = 42 * unit, X = 0.24 * width, Y = 0.42 * height,
                VelocityX = 0.0175 * width, VelocityY = -0.001 * height, Spin = 0.05,
                Texture = new DemoTexture(TexturePattern.Checker, new Rgb(222, 56, 48), new Rgb(250, 88, 80), cell),
            },
            new()
            {
                Id = 3, Shape = DemoShape.Ellipse, HalfWidth = 39 * unit, HalfHeight = 39 * unit, X = 0.81 * width, Y = 0.67 * height,
                VelocityX = 0.002 * width, VelocityY = 0.003 * height, Spin = -0.05,
                Texture = new DemoTexture(TexturePattern.Checker, new Rgb(46, 84, 222), new Rgb(78, 120, 255), cell),
            },
            new()
            {
                Id = 2, Shape = DemoShape.Rectangle, HalfWidth = 62 * unit, HalfHeight = 68 * unit, X = 0.54 * width, Y = 0.40 * height,
                VelocityY = 0.0018 * height,
                Texture = new DemoTexture(TexturePattern.Plain, new Rgb(240, 212, 72), new Rgb(240, 212, 72), cell),
            },
        ];
        return new DemoScene(width, height, background, objects);
    }

    /// <summary>Draws the scene.</summary>
    /// <param name="time">Time in frames; any number, also between frames and negative.</param>
    public DrawnFrame Render(double time = 0)
    {
        var image = new RgbImage(Width, Height);
        var ids = new byte[Width * Height];
        var placed = Objects.Select(o => new PlacedObject(o, time, Width, Height)).ToArray();
        Parallel.For(0, Height, y => RenderRow(y, image.Row(y), ids.AsSpan(y * Width, Width), placed));
        return new DrawnFrame(image, ids);
    }

    private void RenderRow(int y, Span<byte> pixels, Span<byte> ids, PlacedObject[] objects)
    {
        double centreX = (Width - 1) / 2.0, centreY = (Height - 1) / 2.0;
        var random = new DrawnRandom(_grainSeed ^ ((ulong)(y + 1) * 0xD1342543DE82EF95));
        for (int x = 0; x < Width; x++)
        {
            var (r, g, b) = Colour(_background, x - centreX, y - centreY);
            foreach (var item in objects)
            {
                if (!item.Reaches(x, y))
                {
                    continue;
                }

                // The shadow falls to the lower right, on whatever is behind.
                double shade = 1 - (ShadowStrength * Math.Clamp(0.5 - (item.Distance(x - item.Shadow, y - item.Shadow) / (1.6 * item.Shadow)), 0, 1));
                (r, g, b) = (r * shade, g * shade, b * shade);
                double distance = item.Distance(x, y);
                double coverage = Math.Clamp(0.5 - distance, 0, 1);
                if (coverage > 0)
                {
                    var (u, v) = item.ToLocal(x, y);
                    var (or, og, ob) = Colour(item.Object.Texture, u, v);
                    (r, g, b) = (r + ((or - r) * coverage), g + ((og - g) * coverage), b + ((ob - b) * coverage));
                }

                // The mask holds the pixels whose centre is inside: at least half covered.
                if (distance <= 0)
                {
                    ids[x] = item.Object.Id;
                }
            }

            int grain = random.Below(Grain) - (Grain / 2);
            pixels[3 * x] = ToByte(r + grain);
            pixels[(3 * x) + 1] = ToByte(g + grain);
            pixels[(3 * x) + 2] = ToByte(b + grain);
        }
    }

    private static (double R, double G, double B) Colour(DemoTexture texture, double x, double y)
    {
        double mix = texture.MixAt(x, y);
        return (
            texture.First.R + ((texture.Second.R - texture.First.R) * mix),
            texture.First.G + ((texture.Second.G - texture.First.G) * mix),
            texture.First.B + ((texture.Second.B - texture.First.B) * mix));
    }

    private static byte ToByte(double value) => (byte)Math.Clamp((int)Math.Round(value), 0, 255);

    /// <summary>An object at one time.</summary>
    private readonly struct PlacedObject
    {
        private readonly double _x;
        private readonly double _y;
        private readonly double _cos;
        private readonly double _sin;
        private readonly double _reach;

        public PlacedObject(DemoObject item, double time, int width, int height)
        {
            Object = item;
            (_x, _y) = item.CentreAt(time, width, height);
            double angle = item.Angle + (item.Spin * time);
            (_cos, _sin) = (Math.Cos(angle), Math.Sin(angle));
            Shadow = Math.Max(1, 0.09 * Math.Min(item.HalfWidth, item.HalfHeight));
            _reach = Math.Sqrt((item.HalfWidth * item.HalfWidth) + (item.HalfHeight * item.HalfHeight)) + (3 * Shadow) + 2;
        }

        public DemoObject Object { get; }

        /// <summary>How far the shadow falls, in pixels.</summary>
        public double Shadow { get; }

        public bool Reaches(double x, double y) => Math.Abs(x - _x) < _reach && Math.Abs(y - _y) < _reach;

        public (double U, double V) ToLocal(double x, double y) =>
            (((x - _x) * _cos) + ((y - _y) * _sin), ((y - _y) * _cos) - ((x - _x) * _sin));

        public double Distance(double x, double y)
        {
            var (u, v) = ToLocal(x, y);
            return Object.Distance(u, v);
        }
    }
}

/// <summary>Makes up random scenes: objects of varied shape, size, surface and movement whose colours stand out from the background.</summary>
internal static class DemoSceneGenerator
{
    public static DemoScene Create(int seed, int width, int height, int count)
    {
        // Neighbouring seeds must not give related scenes.
        var random = new DrawnRandom(new DrawnRandom((ulong)seed).NextBits());
        double size = Math.Min(width, height);
        double backgroundHue = random.NextDouble();
        var background = Texture(ref random, backgroundHue, size * 1.5, chroma: 0.06);
        double smallest = Math.Max(2, size * 0.07), largest = Math.Max(3, size * 0.26 / Math.Sqrt(Math.Max(1, count / 4.0)));
        var objects = new DemoObject[count];
        for (int i = 0; i < count; i++)
        {
            // Hues are spread over the part of the circle that the background leaves.
            double hue = backgroundHue + 0.15 + (0.7 * ((i + random.NextDouble()) / count));
            double halfWidth = random.Between(smallest, largest);
            double halfHeight = halfWidth * random.Between(0.6, 1.2);
            double direction = random.Between(0, 2 * Math.PI);
            double speed = random.Between(0, 0.015) * size;
            objects[i] = new DemoObject
            {
                Id = (byte)(i + 1),
                Shape = (DemoShape)random.Below(6),
                HalfWidth = halfWidth,
                HalfHeight = halfHeight,
                X = random.Between(0.08, 0.92) * width,
                Y = random.Between(0.08, 0.92) * height,
                VelocityX = speed * Math.Cos(direction),
                VelocityY = speed * Math.Sin(direction),
                Angle = random.Between(0, 2 * Math.PI),
                Spin = random.Between(-0.04, 0.04),
                Texture = Texture(ref random, hue, halfWidth * 2, chroma: 0.17),
            };
        }

        return new DemoScene(width, height, background, objects, seed);
    }

    private static DemoTexture Texture(ref DrawnRandom random, double hue, double extent, double chroma)
    {
        var pattern = (TexturePattern)random.Below(6);
        double lightness = random.Between(0.45, 0.8);
        double other = lightness + (random.Between(0.08, 0.22) * (lightness > 0.62 ? -1 : 1));
        double cell = pattern == TexturePattern.Gradient ? extent : Math.Max(3, extent * random.Between(0.07, 0.25));
        return new DemoTexture(
            pattern,
            ObjectColours.FromOklch(lightness, chroma, hue),
            ObjectColours.FromOklch(other, chroma * random.Between(0.6, 1.3), hue + random.Between(-0.08, 0.08)),
            cell,
            random.Between(0, Math.PI));
    }
}
