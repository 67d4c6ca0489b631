namespace Sam2.Torch.Training.Augmentations;

/// <summary>Changes brightness, contrast, saturation and hue by random factors in random order.</summary>
internal sealed record ColorJitter : FrameAugmentation<ColorJitterFactors>
{
    private static readonly int[] Changes = [0, 1, 2, 3];

    /// <summary>The factor is drawn from 1 − this to 1 + this, but not below 0; at least 0.</summary>
    public double Brightness { get; init; }

    /// <summary>As <see cref="Brightness"/>.</summary>
    public double Contrast { get; init; }

    /// <summary>As <see cref="Brightness"/>.</summary>
    public double Saturation { get; init; }

    /// <summary>Most that the hue is turned either way, as a share of the circle of colours, 0 to 0.5; null as 0.</summary>
    public double? Hue { get; init; }

    /// <inheritdoc/>
    public override void Check()
    {
        RequireRange(nameof(Brightness), Brightness, 0, 100);
        RequireRange(nameof(Contrast), Contrast, 0, 100);
        RequireRange(nameof(Saturation), Saturation, 0, 100);
        RequireRange(nameof(Hue), Hue ?? 0, 0, 0.5);
    }

    /// <inheritdoc/>
    protected override ColorJitterFactors Draw(ClipFrame frame, TrainingRandom random)
    {
        double Factor(double strength) => random.Between(Math.Max(0, 1 - strength), 1 + strength);
        return new(random.Choose(Changes, Changes.Length), Factor(Brightness), Factor(Contrast), Factor(Saturation), random.Between(-(Hue ?? 0), Hue ?? 0));
    }

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, ColorJitterFactors factors)
    {
        var image = frame.Image;
        foreach (var change in factors.Order)
            image = change switch
            {
                0 when Brightness > 0 => Colours.Brightness(image, factors.Brightness),
                1 when Contrast > 0 => Colours.Contrast(image, factors.Contrast),
                2 when Saturation > 0 => Colours.Saturation(image, factors.Saturation),
                3 when Hue > 0 => Colours.Hue(image, factors.Hue),
                _ => image,
            };
        return ReferenceEquals(image, frame.Image) ? frame : new ClipFrame(image, frame.Masks.alias());
    }
}
