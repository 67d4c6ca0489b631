using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;

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

/// <summary>Opens a data set that a recipe names.</summary>
internal static class DatasetOpener
{
    private const int EnoughClips = 1_000_000_000;

    /// <summary>The data set's videos.</summary>
    /// <param name="settings">Which data set.</param>
    /// <param name="frames">Frames per clip of the procedural set.</param>
    /// <param name="imageSize">Side of the procedural set's pictures.</param>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <exception cref="DatasetException">The data set is missing or damaged.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(DatasetSettings settings, int frames, int imageSize)
    {
        if (settings.Count < 1)
            throw new ConfigurationException("dataset.count", $"is {settings.Count}", "Give 1 or more, or null for all");
        string[] kinds = [DatasetSettings.Procedural, DatasetSettings.Auto, .. DatasetFormats.Names];
        var kind = kinds.FirstOrDefault(name => name.Equals(settings.Kind, StringComparison.OrdinalIgnoreCase)) ?? throw new ConfigurationException(
            "dataset.kind", $"is '{settings.Kind}', which is none of {string.Join(", ", kinds)}", $"Did you mean '{Spelling.Closest(settings.Kind, kinds)}'?");
        return kind == DatasetSettings.Procedural ? Draw(settings, frames, imageSize) : Read(settings, kind == DatasetSettings.Auto ? null : kind);
    }

    private static ProceduralDataset Draw(DatasetSettings settings, int frames, int imageSize)
    {
        foreach (var (name, value) in new[] { ("root", settings.Root), ("video_list", settings.VideoList), ("excluded_video_list", settings.ExcludedVideoList) })
            if (value is not null)
                throw new ConfigurationException($"dataset.{name}", $"is '{value}', but the procedural data set is drawn, not read", "Give the kind of the data set, or kind: auto");
        return new ProceduralDataset(
            settings.Count ?? EnoughClips, settings.Seed,
            Options(settings, new ProceduralOptions { Width = imageSize, Height = imageSize, FrameCount = frames }));
    }

    private static IReadOnlyList<IAnnotatedVideo> Read(DatasetSettings settings, string? format)
    {
        if (settings.Root is not { } root)
            throw new ConfigurationException("dataset.root", "is missing", "Give the folder into which the data set was unpacked");
        var options = Options(settings, new DatasetOptions());
        if (settings.VideoList is { } list)
            options = options with { Videos = VideoListFile.Read(list) };
        if (settings.ExcludedVideoList is { } excluded)
            options = options with { ExcludedVideos = [.. options.ExcludedVideos, .. VideoListFile.Read(excluded)] };
        options = options with { MaxVideos = settings.Count ?? options.MaxVideos };
        try
        {
            return DatasetReader.Open(root, format, options);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ConfigurationException("dataset.options", $"has a wrong setting: {e.Message}", "", e);
        }
    }

    private static T Options<T>(DatasetSettings settings, T start) where T : notnull => RecordTree.Default.Overlay("dataset", settings.Options, start, "options");
}
