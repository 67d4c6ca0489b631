namespace Sam2.Torch.Data.Drawn;

/// <summary>An object of a scene: parts that move together.</summary>
internal sealed record SceneObject
{
    /// <summary>The id of its mask, or 0 for a thing without mask that may still cover others.</summary>
    public required byte Id { get; init; }

    /// <summary>The parts, those in front last.</summary>
    public required IReadOnlyList<ScenePart> Parts { get; init; }

    /// <summary>Half the longer side of its largest part, in pixels, at size 1.</summary>
    public double Radius => Parts.Max(p => Math.Max(p.Sprite.Width, p.Sprite.Height)) / 2.0;

    /// <summary>Where its centre is.</summary>
    public required ObjectPath Path { get; init; }

    /// <summary>Radians at time 0 and how they swing.</summary>
    public Oscillation Angle { get; init; }

    /// <summary>Radians per frame.</summary>
    public double Spin { get; init; }

    /// <summary>Size against the sprites', over time: nearer and further.</summary>
    public Oscillation Size { get; init; } = new(1, 0, 0, 0);

    /// <summary>Width against height, over time: as if it turned out of the picture's plane.</summary>
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
