namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>How a detector is asked and its answers are chosen; the defaults are Ultralytics'.</summary>
public sealed record DetectorOptions
{
    /// <summary>Boxes of lower confidence are dropped, 0 to 1.</summary>
    public double Confidence { get; init; } = 0.25;

    /// <summary>Of boxes of one class that overlap by more than this IoU, the best one is kept, 0 to 1.</summary>
    public double Iou { get; init; } = 0.45;

    /// <summary>Side of the square picture that the detector gets, in pixels; null for what the file says, or else 640.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Most boxes per picture, the best ones.</summary>
    public int MaxDetections { get; init; } = 300;

    /// <summary>The classes that are wanted; null for all.</summary>
    public IReadOnlySet<int>? Classes { get; init; }
}
