namespace Sam2.Torch.Training.Augmentations;

/// <summary>Mirrors left and right.</summary>
internal sealed record RandomHorizontalFlip : FrameAugmentation<bool>
{
    /// <summary>How often, in [0, 1].</summary>
    public double P { get; init; } = 0.5;

    /// <inheritdoc/>
    public override void Check() => RequireRange(nameof(P), P, 0, 1);

    /// <inheritdoc/>
    protected override bool Draw(ClipFrame frame, TrainingRandom random) => random.Chance(P);

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, bool mirrored) => mirrored ? new ClipFrame(frame.Image.flip(2), frame.Masks.flip(2)) : frame;
}
