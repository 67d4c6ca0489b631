using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.DemoScene;

/// <summary>Invents scenes: objects of varied shape, size, surface and movement whose colours stand out from the background.</summary>
internal static class DrawnSceneGenerator
{
    public static DrawnScene Create(int seed, int width, int height, int count)
    {
        // Seeds that follow each other should not give scenes that do.
        var random = new DrawnRandom(new DrawnRandom((ulong)seed).NextBits());
        double size = Math.Min(width, height);
        double backgroundHue = random.NextDouble();
        var background = Texture(ref random, backgroundHue, size * 1.5, chroma: 0.06);
        double smallest = Math.Max(2, size * 0.07), largest = Math.Max(3, size * 0.26 / Math.Sqrt(Math.Max(1, count / 4.0)));
        var objects = new DrawnObject[count];
        for (int i = 0; i < count; i++)
        {
            // Hues are spread over the part of the circle that the background leaves.
            double hue = backgroundHue + 0.15 + (0.7 * ((i + random.NextDouble()) / count));
            double halfWidth = random.Between(smallest, largest);
            double halfHeight = halfWidth * random.Between(0.6, 1.2);
            double direction = random.Between(0, 2 * Math.PI);
            double speed = random.Between(0, 0.015) * size;
            objects[i] = new DrawnObject
            {
                Id = (byte)(i + 1),
                Shape = (DrawnShape)random.Below(6),
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

        return new DrawnScene(width, height, background, objects, seed);
    }

    private static DrawnTexture Texture(ref DrawnRandom random, double hue, double extent, double chroma)
    {
        var pattern = (TexturePattern)random.Below(6);
        double lightness = random.Between(0.45, 0.8);
        double other = lightness + (random.Between(0.08, 0.22) * (lightness > 0.62 ? -1 : 1));
        double cell = pattern == TexturePattern.Gradient ? extent : Math.Max(3, extent * random.Between(0.07, 0.25));
        return new DrawnTexture(
            pattern,
            ObjectColours.FromOklch(lightness, chroma, hue),
            ObjectColours.FromOklch(other, chroma * random.Between(0.6, 1.3), hue + random.Between(-0.08, 0.08)),
            cell,
            random.Between(0, Math.PI));
    }
}
