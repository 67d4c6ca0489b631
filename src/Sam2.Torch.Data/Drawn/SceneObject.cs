namespace Sam2.Torch.Data.Drawn;

/// <summary>An object of a scene: parts that move together.</summary>
internal sealed record SceneObject
{
    /// <summary>The id of its mask, or 0 for a thing without a mask, which may still cover others.</summary>
    public required byte Id { get; init; }

    /// <summary>The parts, those in front last.</summary>
    public required IReadOnlyList<ScenePart> Parts { get; init; }

    /// <summary>Half the longer side of its largest part, in pixels, at size 1.</summary>
    public double Radius => Parts.Max(p => Math.Max(p.Sprite.Width, p.Sprite.Height)) / 2.0;

    /// <summary>Where its centre is.</summary>
    public required ObjectPath Path { get; init; }

    /// <summary>Its angle in radians, which may swing.</summary>
    public Oscillation Angle { get; init; }

    /// <summary>Radians per frame.</summary>
    public double Spin { get; init; }

    /// <summary>Size relative to the sprites', over time, as if it came nearer or went away.</summary>
    public Oscillation Size { get; init; } = new(1, 0, 0, 0);

    /// <summary>Ratio of width to height over time, as if it turned out of the picture's plane.</summary>
    public Oscillation Turn { get; init; } = new(1, 0, 0, 0);

    /// <summary>How it bends; the phase advances by <see cref="WobbleSpeed"/> per frame.</summary>
    public Wobble Wobble { get; init; }

    /// <summary>Radians per frame.</summary>
    public double WobbleSpeed { get; init; }

    /// <summary>From the body's coordinates to the scene's at a time in frames.</summary>
    public Affine2 ToScene(double time)
    {
        var (x, y) = Path.At(time);
        double size = Size.At(time);
        return Affine2.Translation(x, y) * Affine2.Rotation(Angle.At(time) + (Spin * time)) * Affine2.Scaling(size * Turn.At(time), size);
    }

    /// <summary>The bend at a time in frames.</summary>
    public Wobble WobbleAt(double time) => Wobble with { Phase = Wobble.Phase + (float)(WobbleSpeed * time) };
}

/// <summary>A part of an object, joined to its body at a point about which it swings.</summary>
/// <param name="Sprite">What it looks like.</param>
/// <param name="JointX">The joint in the body's coordinates.</param>
/// <param name="JointY">The joint in the body's coordinates.</param>
/// <param name="Reach">How far the sprite's middle is from the joint, along the part's own y axis.</param>
/// <param name="Angle">The part's direction, in radians.</param>
internal sealed record ScenePart(Sprite Sprite, double JointX, double JointY, double Reach, Oscillation Angle)
{
    /// <summary>From the sprite's coordinates to the body's at a time in frames.</summary>
    public Affine2 ToBody(double time) =>
        Affine2.Translation(JointX, JointY) * Affine2.Rotation(Angle.At(time)) * Affine2.Translation(0, Reach);
}

/// <summary>Where an object's centre is: steady movement that turns back at bounds, a swing, and at most one journey away and back.</summary>
internal sealed record ObjectPath
{
    /// <summary>Column at time 0, in pixels.</summary>
    public required double X { get; init; }

    /// <summary>Row at time 0.</summary>
    public required double Y { get; init; }

    /// <summary>Columns per frame.</summary>
    public double VelocityX { get; init; }

    /// <summary>Rows per frame.</summary>
    public double VelocityY { get; init; }

    /// <summary>The steady movement stays within −Bound … size + Bound: beyond 0 the object leaves the picture.</summary>
    public double Bound { get; init; }

    /// <summary>Width of the picture.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the picture.</summary>
    public required int Height { get; init; }

    /// <summary>Sideways swing.</summary>
    public Oscillation SwayX { get; init; }

    /// <summary>Vertical swing.</summary>
    public Oscillation SwayY { get; init; }

    /// <summary>How far the journey leads, in pixels.</summary>
    public (double X, double Y) Journey { get; init; }

    /// <summary>First frame of the journey.</summary>
    public double JourneyStart { get; init; }

    /// <summary>Frames until it is back; 0 for no journey.</summary>
    public double JourneyLength { get; init; }

    /// <summary>Frames for which it stays where the journey leads, before it comes back.</summary>
    public double JourneyStay { get; init; }

    /// <summary>Where it is at time 0 against the path, for something that accompanies an object.</summary>
    public (double X, double Y) DriftFrom { get; init; }

    /// <summary>How it moves against the path, in pixels per frame.</summary>
    public (double X, double Y) Drift { get; init; }

    /// <summary>How far from the path it gets in each direction before it turns back; 0 for no drift.</summary>
    public double DriftLimit { get; init; }

    /// <summary>The centre at a time in frames.</summary>
    public (double X, double Y) At(double time)
    {
        double away = 0;
        double passed = time - JourneyStart;
        if (JourneyLength > 0 && passed > 0 && passed < JourneyLength + JourneyStay)
        {
            double half = JourneyLength / 2, moved = passed <= half ? passed : Math.Max(half, passed - JourneyStay);
            double sine = PortableMath.Sin(Math.PI * moved / JourneyLength);
            away = sine * sine;
        }

        double x = Reflect(X + (VelocityX * time), Width, Bound) + SwayX.At(time) + (away * Journey.X);
        double y = Reflect(Y + (VelocityY * time), Height, Bound) + SwayY.At(time) + (away * Journey.Y);
        return DriftLimit > 0
            ? (x + Reflect(DriftFrom.X + (Drift.X * time), 0, DriftLimit), y + Reflect(DriftFrom.Y + (Drift.Y * time), 0, DriftLimit))
            : (x, y);
    }

    /// <summary>Folds a coordinate into [−bound, size + bound], as if it were reflected at both ends.</summary>
    public static double Reflect(double position, double size, double bound)
    {
        double span = size + (2 * bound), shifted = position + bound;
        double folded = shifted - (2 * span * Math.Floor(shifted / (2 * span)));
        return (folded <= span ? folded : (2 * span) - folded) - bound;
    }
}

/// <summary>A quantity that swings about a mean: Mean + Amplitude · sin(Speed · t + Phase), t in frames.</summary>
internal readonly record struct Oscillation(double Mean, double Amplitude, double Speed, double Phase)
{
    /// <summary>The value at a time.</summary>
    public double At(double time) => Amplitude == 0 ? Mean : Mean + (Amplitude * PortableMath.Sin((Speed * time) + Phase));

    /// <summary>A swing with a random period and phase.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="amplitude">Amplitude.</param>
    /// <param name="shortest">Shortest period in frames.</param>
    /// <param name="longest">Longest period in frames.</param>
    public static Oscillation Random(ref DrawnRandom random, double mean, double amplitude, double shortest, double longest) =>
        new(mean, amplitude, 2 * Math.PI / random.Between(shortest, longest), random.Between(0, 2 * Math.PI));
}

/// <summary>Bends a sprite like a flag: rows move sideways along a wave that travels.</summary>
/// <param name="Amplitude">Largest shift in sprite pixels.</param>
/// <param name="Wave">Radians per sprite pixel.</param>
/// <param name="Phase">Radians at this time.</param>
internal readonly record struct Wobble(float Amplitude, float Wave, float Phase)
{
    /// <summary>The shift of the row at v.</summary>
    public float Shift(float v) => Amplitude == 0 ? 0 : Amplitude * (float)PortableMath.Sin((Wave * v) + Phase);
}
