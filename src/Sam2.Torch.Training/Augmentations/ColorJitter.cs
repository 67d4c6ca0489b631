using static TorchSharp.torch;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>Changes brightness, contrast, saturation and hue by random factors in random order.</summary>
public sealed record ColorJitter : FrameAugmentation<ColorJitterFactors>
{
    private static readonly int[] Changes = [0, 1, 2, 3];

    /// <summary>Strength: the factor is drawn from [max(0, 1 − strength), 1 + strength]. At least 0.</summary>
    public double Brightness { get; init; }

    /// <summary>As <see cref="Brightness"/>.</summary>
    public double Contrast { get; init; }

    /// <summary>As <see cref="Brightness"/>.</summary>
    public double Saturation { get; init; }

    /// <summary>Largest turn of the hue in either direction, as a fraction of the colour circle, 0 to 0.5; null for none.</summary>
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

/// <summary>What <see cref="ColorJitter"/> does to a frame.</summary>
/// <param name="Order">The order of the four changes: 0 brightness, 1 contrast, 2 saturation, 3 hue.</param>
/// <param name="Brightness">From 0 for black to 1 for the picture as it is; brighter above 1.</param>
/// <param name="Contrast">From 0 for an even grey to 1 for the picture as it is; more contrast above 1.</param>
/// <param name="Saturation">From 0 for grey to 1 for the picture as it is; stronger colours above 1.</param>
/// <param name="Hue">Turn of the hue, as a fraction of the colour circle, −0.5 to 0.5.</param>
public sealed record ColorJitterFactors(IReadOnlyList<int> Order, double Brightness, double Contrast, double Saturation, double Hue);

/// <summary>Removes the colours.</summary>
public sealed record RandomGrayscale : FrameAugmentation<bool>
{
    /// <summary>Probability, in [0, 1].</summary>
    public double P { get; init; } = 0.5;

    /// <inheritdoc/>
    public override void Check() => RequireRange(nameof(P), P, 0, 1);

    /// <inheritdoc/>
    protected override bool Draw(ClipFrame frame, TrainingRandom random) => random.Chance(P);

    /// <inheritdoc/>
    protected override ClipFrame Change(ClipFrame frame, bool grey) =>
        grey ? new ClipFrame(Colours.Luma(frame.Image).expand(frame.Image.shape).clone(), frame.Masks.alias()) : frame;
}

/// <summary>Changes of colour, as in torchvision. Pictures are [3, H, W], RGB in [0, 1].</summary>
internal static class Colours
{
    /// <summary>Brightness, [1, H, W], by the weights of ITU-R BT.601.</summary>
    public static Tensor Luma(Tensor image)
    {
        using var scope = NewDisposeScope();
        var (red, green, blue) = (image.narrow(0, 0, 1), image.narrow(0, 1, 1), image.narrow(0, 2, 1));
        return red.Times(0.299f).Plus(green.Times(0.587f)).Plus(blue.Times(0.114f)).MoveToOuterDisposeScope();
    }

    /// <summary>Between black (0) and the picture (1), or brighter (above 1).</summary>
    public static Tensor Brightness(Tensor image, double factor) => Blend(image, 0, factor);

    /// <summary>Between an even grey of the picture's mean brightness (0) and the picture (1), or with more contrast (above 1).</summary>
    public static Tensor Contrast(Tensor image, double factor)
    {
        using var scope = NewDisposeScope();
        return Blend(image, Luma(image).mean().item<float>(), factor).MoveToOuterDisposeScope();
    }

    /// <summary>Between grey (0) and the picture (1), or with stronger colours (above 1).</summary>
    public static Tensor Saturation(Tensor image, double factor)
    {
        using var scope = NewDisposeScope();
        return Clamped(image.Times((float)factor).Plus(Luma(image).Times((float)(1 - factor)))).MoveToOuterDisposeScope();
    }

    /// <summary>Turns the hue by a fraction of the colour circle, −0.5 to 0.5.</summary>
    public static Tensor Hue(Tensor image, double turn)
    {
        using var scope = NewDisposeScope();
        var (red, green, blue) = (image[0], image[1], image[2]);
        var value = image.amax(0);
        var chroma = value - image.amin(0);
        var divisor = where(chroma.gt(Scalars.Of(0)), chroma, ones_like(chroma));

        // Where colours lie on the circle, in sixths: red at 0, green at 2, blue at 4.
        var hue = where(
            value == red, (green - blue) / divisor,
            where(value == green, ((blue - red) / divisor).Plus(2), ((red - green) / divisor).Plus(4)));
        hue = hue.Plus((float)(6 * turn));

        // Each channel falls from the value by the chroma, along the circle (Smith, "Color Gamut Transform Pairs", 1978).
        Tensor Channel(double offset)
        {
            var k = hue.Plus(offset).remainder(Scalars.Of(6));
            return value - (chroma * Clamped(minimum(k, k.SubtractedFrom(4))));
        }
        return stack([Channel(5), Channel(3), Channel(1)]).MoveToOuterDisposeScope();
    }

    private static Tensor Blend(Tensor image, double other, double factor)
    {
        using var scope = NewDisposeScope();
        return Clamped(image.Times((float)factor).Plus((float)(other * (1 - factor)))).MoveToOuterDisposeScope();
    }

    private static Tensor Clamped(Tensor values) => values.clamp(Scalars.Of(0), Scalars.Of(1));
}
