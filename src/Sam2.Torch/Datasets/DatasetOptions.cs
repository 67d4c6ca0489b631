using Sam2.Torch.Media;

namespace Sam2.Torch.Datasets;

/// <summary>What of a data set is read.</summary>
public sealed record DatasetOptions
{
    /// <summary>
    /// The part of the data set, such as <c>train</c> or <c>val</c>: the name of a list in DAVIS's <c>ImageSets</c>, of a list or folder in
    /// the data set's folder, or of COCO's annotation file. Null for everything that is there.
    /// </summary>
    public string? Split { get; init; }

    /// <summary>The videos (or pictures) to use, in this order; null for all, sorted. <see cref="VideoListFile"/> reads lists.</summary>
    public IReadOnlyList<string>? Videos { get; init; }

    /// <summary>Videos (or pictures) that are left out.</summary>
    public IReadOnlyCollection<string> ExcludedVideos { get; init; } = [];

    /// <summary>The folder of the frames, relative to the data set's; null for the usual place.</summary>
    public string? Frames { get; init; }

    /// <summary>The folder (for COCO the file) of the annotations, relative to the data set's folder; null for the usual place.</summary>
    public string? Annotations { get; init; }

    /// <summary>What a picture may cost.</summary>
    public MediaLimits Limits { get; init; } = MediaLimits.Default;
}
