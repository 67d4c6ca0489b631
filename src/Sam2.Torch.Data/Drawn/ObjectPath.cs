namespace Sam2.Torch.Data.Drawn;

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

    /// <summary>The centre at a time in frames.</summary>
    public (double X, double Y) At(double time)
    {
        double away = 0;
        double passed = time - JourneyStart;
        if (JourneyLength > 0 && passed > 0 && passed < JourneyLength)
        {
            double sine = PortableMath.Sin(Math.PI * passed / JourneyLength);
            away = sine * sine;
        }

        return (
            Reflect(X + (VelocityX * time), Width) + SwayX.At(time) + (away * Journey.X),
            Reflect(Y + (VelocityY * time), Height) + SwayY.At(time) + (away * Journey.Y));
    }

    private double Reflect(double position, double size)
    {
        double span = size + (2 * Bound), shifted = position + Bound;
        double folded = shifted - (2 * span * Math.Floor(shifted / (2 * span)));
        return (folded <= span ? folded : (2 * span) - folded) - Bound;
    }
}
