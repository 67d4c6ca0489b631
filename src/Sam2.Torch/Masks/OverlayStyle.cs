namespace Sam2.Torch.Masks;

/// <summary>How masks are drawn.</summary>
public sealed record OverlayStyle
{
    /// <summary>The style used where none is given.</summary>
    public static OverlayStyle Default { get; } = new();

    /// <summary>Contours only, so that the objects themselves are seen as they are.</summary>
    public static OverlayStyle Outline { get; } = new() { Opacity = 0 };

    /// <summary>Objects as they are, outlined, everything else darkened.</summary>
    public static OverlayStyle Spotlight { get; } = new() { Opacity = 0, BackgroundBrightness = 0.3 };

    /// <summary>The styles by name, for command lines.</summary>
    public static IReadOnlyDictionary<string, OverlayStyle> ByName { get; } =
        new Dictionary<string, OverlayStyle> { ["fill"] = Default, ["outline"] = Outline, ["spotlight"] = Spotlight };

    /// <summary>Opacity of the fill, 0 (none) to 1.</summary>
    public double Opacity { get; init; } = 0.45;

    /// <summary>Width of contours, boxes and rings in pixels; 0 draws no contours, null fits the picture's size.</summary>
    public double? LineWidth { get; init; }

    /// <summary>Brightness that is left to what belongs to no object, 0 to 1.</summary>
    public double BackgroundBrightness { get; init; } = 1;

    /// <summary>The line width for a picture: 2 pixels at 600 pixels of its shorter side, in proportion, at least 2, which is what video leaves the colour of.</summary>
    internal double LineWidthFor(int width, int height) => LineWidth ?? Math.Max(2, Math.Min(width, height) / 300.0);
}
