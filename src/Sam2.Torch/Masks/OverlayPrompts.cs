namespace Sam2.Torch.Masks;

/// <summary>The prompts to be shown in an overlay.</summary>
public sealed record OverlayPrompts
{
    /// <summary>Clicks: position in pixels and whether they include (label 1) or exclude (label 0).</summary>
    public IReadOnlyList<(double X, double Y, bool Positive)> Points { get; init; } = [];

    /// <summary>Boxes: upper left and lower right corner in pixels, and the object they belong to.</summary>
    public IReadOnlyList<(double X0, double Y0, double X1, double Y1, long Id)> Boxes { get; init; } = [];
}
