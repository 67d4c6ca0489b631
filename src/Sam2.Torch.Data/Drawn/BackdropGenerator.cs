namespace Sam2.Torch.Data.Drawn;

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
