namespace Sam2.Torch.Masks;

/// <summary>How masks are drawn.</summary>
public sealed record OverlayStyle
{
    /// <summary>The style used where none is given.</summary>
    public static OverlayStyle Default { get; } = new();

    /// <summary>Opacity of the fill, 0 (none) to 1.</summary>
    public double Opacity { get; init; } = 0.45;

    /// <summary>Width of contours, boxes and rings in pixels; 0 draws no contours, null fits the picture's size.</summary>
    public double? LineWidth { get; init; }

    /// <summary>Brightness that is left to what belongs to no object, 0 to 1.</summary>
    public double BackgroundBrightness { get; init; } = 1;

    /// <summary>The line width for a picture: 2 pixels at 600 pixels of its shorter side, in proportion, at least 1.5.</summary>
    internal double LineWidthFor(int width, int height) => LineWidth ?? Math.Max(1.5, Math.Min(width, height) / 300.0);
}
