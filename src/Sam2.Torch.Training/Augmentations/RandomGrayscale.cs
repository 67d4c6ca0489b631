namespace Sam2.Torch.Training.Augmentations;

/// <summary>Takes the colours away.</summary>
internal sealed record RandomGrayscale : FrameAugmentation<bool>
{
    /// <summary>How often, in [0, 1].</summary>
    public double P { get; init; } = 0.5;

    /// <inheritdoc/>
    public override void Check() => RequireRange(nameof(P), P, 0, 1);

    /// <inheritdoc/>
    protected override bool Draw(ClipFrame frame, TrainingRandom random) => random.Chance(P);

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, bool grey) =>
        grey ? new ClipFrame(Colours.Luma(frame.Image).expand(frame.Image.shape).clone(), frame.Masks.alias()) : frame;
}
