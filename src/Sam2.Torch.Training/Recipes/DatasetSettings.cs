using Sam2.Torch.Configuration;
using Sam2.Torch.Data;

namespace Sam2.Torch.Training.Recipes;

/// <summary>A data set.</summary>
public sealed record DatasetSettings
{
    /// <summary>The <see cref="Kind"/> of clips that the project draws itself.</summary>
    public const string Procedural = "procedural";

    /// <summary>The <see cref="Kind"/> of a data set in a folder whose format is found out by looking at it.</summary>
    public const string Auto = "auto";

    /// <summary>
    /// Which kind of data set: <see cref="Procedural"/>, <see cref="Auto"/>, or the name of a format, one of
    /// <see cref="DatasetFormats.Names"/>, registered ones included.
    /// </summary>
    public string Kind { get; init; } = Procedural;

    /// <summary>The folder of a data set that is read (or what a registered format takes for its root); null for the procedural set.</summary>
    public string? Root { get; init; }

    /// <summary>A file with the names of the videos to use, one per line; null for all.</summary>
    public string? VideoList { get; init; }

    /// <summary>A file with the names of the videos to leave out, one per line; null for none.</summary>
    public string? ExcludedVideoList { get; init; }

    /// <summary>How many of its videos are used, from the first on; null for all. The procedural set has as many as are asked for.</summary>
    public int? Count { get; init; }

    /// <summary>
    /// How often each of its videos comes in an epoch, above 0. If that isn't whole, its fraction of the videos comes once more, a
    /// different selection in each epoch.
    /// </summary>
    public double Repeat { get; init; } = 1;

    /// <summary>Chooses the videos of the procedural set; different seeds share none.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// Settings of the procedural set, such as <c>width</c>, <c>frame_count</c> or <c>max_objects</c>; of others those of
    /// <see cref="DatasetOptions"/>, such as <c>split</c> or <c>max_mask_area</c>.
    /// </summary>
    public PlainDictionary Options { get; init; } = PlainDictionary.Empty;
}
