namespace Sam2.Torch.Data.Drawn;

/// <summary>Sends things that look exactly like an object across its path, so that only its history tells which of the two it is.</summary>
internal static class LookAlikeCrossing
{
    /// <summary>Frames of a clip for which there is one crossing.</summary>
    private const int FramesPerCrossing = 24;

    /// <summary>How many directions are tried for one that starts inside the picture.</summary>
    private const int Attempts = 12;

    /// <summary>Adds look-alikes without masks.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="options">How probable a crossing is, and the length of the clip.</param>
    /// <param name="objects">The objects, those in front last.</param>
    public static void Plan(ref DrawnRandom random, ProceduralOptions options, List<SceneObject> objects)
    {
        int crossings = Math.Max(1, options.FrameCount / FramesPerCrossing);
        foreach (var item in objects.Where(o => o.Id != 0).ToList())
        {
            for (int i = 0; i < crossings; i++)
            {
                if (random.NextDouble() < options.CrossingProbability)
                {
                    double length = Math.Min(options.FrameCount, FramesPerCrossing);
                    double meeting = (i * FramesPerCrossing) + (length * random.Between(0.35, 0.75));
                    var other = Across(ref random, options, item, meeting);
                    objects.Insert(random.Below(objects.Count + 1), other);
                }
            }
        }
    }

    /// <summary>
    /// A look-alike that moves in a straight line as seen from the object. Where the object's path turns back at the picture's edge, so does the
    /// look-alike's, at the same time: both swim in the same current.
    /// </summary>
    private static SceneObject Across(ref DrawnRandom random, ProceduralOptions options, SceneObject item, double meeting)
    {
        var other = ObjectGenerator.Twin(ref random, options, item, id: 0);
        double distance = item.Radius * random.Between(2.5, 4), frames = random.Between(6, 11), aside = item.Radius * random.Between(-0.8, 0.8);
        (double X, double Y) relative = default, offset = default;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var (sin, cos) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
            relative = (distance / frames * cos, distance / frames * sin);
            offset = (-aside * sin, aside * cos);
            var (x, y) = item.Path.At(0);
            x += offset.X - (meeting * relative.X);
            y += offset.Y - (meeting * relative.Y);
            if (x >= 0 && y >= 0 && x <= options.Width && y <= options.Height)
            {
                break;
            }
        }

        return other with
        {
            Path = item.Path with { Drift = relative, DriftFrom = (offset.X - (meeting * relative.X), offset.Y - (meeting * relative.Y)), DriftLimit = 3 * distance },
            Size = item.Size,
        };
    }
}

/// <summary>Takes objects out of the picture for a long time.</summary>
internal static class LongAbsence
{
    /// <summary>Frames that going away and coming back take together.</summary>
    private const double Travel = 12;

    /// <summary>Gives some objects a journey.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="options">How probable and how long an absence is.</param>
    /// <param name="objects">The objects.</param>
    public static void Plan(ref DrawnRandom random, ProceduralOptions options, List<SceneObject> objects)
    {
        // Far enough for a camera that pans and zooms out.
        double distance = 2 * Math.Max(options.Width, options.Height);
        double latest = Math.Min(16, options.FrameCount / 6.0);
        for (int i = 0; i < objects.Count; i++)
        {
            if (objects[i].Id != 0 && random.NextDouble() < options.AbsenceProbability)
            {
                var (sin, cos) = PortableMath.SinCos(random.Between(0, 2 * Math.PI));
                double reach = distance + (2 * objects[i].Radius);
                objects[i] = objects[i] with
                {
                    Path = objects[i].Path with
                    {
                        Journey = (reach * cos, reach * sin),
                        JourneyStart = random.Between(latest / 2, latest),
                        JourneyLength = Travel,
                        JourneyStay = options.AbsenceFrames,
                    },
                };
            }
        }
    }
}
