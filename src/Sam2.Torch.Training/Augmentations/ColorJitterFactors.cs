namespace Sam2.Torch.Training.Augmentations;

/// <summary>What <see cref="ColorJitter"/> does to a frame.</summary>
/// <param name="Order">In which order the four changes are made: 0 brightness, 1 contrast, 2 saturation, 3 hue.</param>
/// <param name="Brightness">See <see cref="Colours.Brightness"/>.</param>
/// <param name="Contrast">See <see cref="Colours.Contrast"/>.</param>
/// <param name="Saturation">See <see cref="Colours.Saturation"/>.</param>
/// <param name="Hue">See <see cref="Colours.Hue"/>.</param>
internal sealed record ColorJitterFactors(IReadOnlyList<int> Order, double Brightness, double Contrast, double Saturation, double Hue);
