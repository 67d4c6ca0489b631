namespace Sam2.Torch.Training.Augmentations;

/// <summary>Resizes to a side that is drawn from a list: the shorter side, or both to a square.</summary>
public sealed record RandomResize : FrameAugmentation<int>
{
    /// <summary>The sides to choose from, in pixels.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [1024];

    /// <summary>
    /// Largest length of the longer side, in pixels: a picture that would exceed it is scaled down as a whole. Null for no limit; squares
    /// ignore it.
    /// </summary>
    public int? MaxSize { get; init; }

    /// <summary>Whether the result is a square, whatever the frame's shape.</summary>
    public bool Square { get; init; }

    /// <inheritdoc/>
    public override void Check()
    {
        if (Sizes.Count == 0)
            throw new ArgumentOutOfRangeException(nameof(Sizes), "sizes is empty, but must have at least one side in pixels.");
        foreach (var size in Sizes)
            RequireRange(nameof(Sizes), size, 1, 16384);
        RequireRange(nameof(MaxSize), MaxSize ?? 1, 1, 16384);
    }

    /// <summary>The size of a frame whose shorter side is to be <paramref name="side"/>.</summary>
    internal static (long Height, long Width) Fit(long height, long width, double side, int? maxSize)
    {
        var (shorter, longer) = (Math.Min(height, width), Math.Max(height, width));
        if (maxSize is { } limit && (double)longer / shorter * side > limit)
            side = (double)limit * shorter / longer;
        long Scaled(long length) => Math.Max(1, (long)Math.Round(length == shorter ? side : side * length / shorter));
        return (Scaled(height), Scaled(width));
    }

    /// <inheritdoc/>
    protected override int Draw(ClipFrame frame, TrainingRandom random) => Sizes[random.Below(Sizes.Count)];

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, int side)
    {
        var (height, width) = Square ? (side, side) : Fit(frame.Height, frame.Width, side, MaxSize);
        return frame.ResizedTo(height, width);
    }
}

/// <summary>Mirrors left and right.</summary>
public sealed record RandomHorizontalFlip : FrameAugmentation<bool>
{
    /// <summary>Probability, in [0, 1].</summary>
    public double P { get; init; } = 0.5;

    /// <inheritdoc/>
    public override void Check() => RequireRange(nameof(P), P, 0, 1);

    /// <inheritdoc/>
    protected override bool Draw(ClipFrame frame, TrainingRandom random) => random.Chance(P);

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, bool mirrored) => mirrored ? new ClipFrame(frame.Image.flip(2), frame.Masks.flip(2)) : frame;
}
