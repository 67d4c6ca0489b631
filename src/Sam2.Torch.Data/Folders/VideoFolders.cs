namespace Sam2.Torch.Data.Folders;

/// <summary>Data sets with a folder of frames and a folder of masks per video.</summary>
internal static class VideoFolders
{
    /// <summary>Where frames and masks lie in the folders of data sets, the most specific first.</summary>
    private static readonly (string Frames, string Masks)[] Places =
    [
        ("JPEGImages_24fps", "Annotations_6fps"),
        (Path.Combine("JPEGImages", "480p"), Path.Combine("Annotations", "480p")),
        (Path.Combine("JPEGImages", "Full-Resolution"), Path.Combine("Annotations", "Full-Resolution")),
        ("JPEGImages", "Annotations"),
        ("images", "masks"),
        ("frames", "masks"),
    ];

    /// <summary>Whether a folder has frames and masks in one of the usual places.</summary>
    public static bool IsRoot(string root) => Places.Any(p => Directory.Exists(Path.Combine(root, p.Frames)) && Directory.Exists(Path.Combine(root, p.Masks)));

    /// <summary>The folders of frames and of masks.</summary>
    /// <exception cref="DatasetException">They aren't there.</exception>
    public static (string Frames, string Masks) Find(string root, DatasetOptions options)
    {
        var usual = Places.Select(p => (Frames: Path.Combine(root, p.Frames), Masks: Path.Combine(root, p.Masks)))
            .FirstOrDefault(p => Directory.Exists(p.Frames) && Directory.Exists(p.Masks));
        return (
            Chosen(root, options.Frames, usual.Frames, "frames", [.. Places.Select(p => p.Frames)]),
            Chosen(root, options.Annotations, usual.Masks, "masks", [.. Places.Select(p => p.Masks)]));
    }

    /// <summary>Opens a data set.</summary>
    /// <param name="root">Its folder.</param>
    /// <param name="options">What is read.</param>
    /// <param name="coverage">Which frames must be annotated.</param>
    /// <param name="findMeta">Finds the file that tells which objects videos have; null if the format has none.</param>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options, MaskCoverage coverage, Func<string, MetaFile?>? findMeta = null)
    {
        string part = SplitFile.PartOf(root, options);
        var (frames, masks) = Find(part, options);
        var meta = findMeta?.Invoke(part);
        string[] all = [.. Directory.GetDirectories(masks).Select(d => Path.GetFileName(d)).Where(d => d[0] != '.').Order(StringComparer.Ordinal)];
        var names = NamedVideos.Choose(all, options, SplitFile.Read(root, options) ?? meta?.Videos, masks);
        if (names.FirstOrDefault(n => !Directory.Exists(Path.Combine(frames, n))) is { } missing)
        {
            throw new DatasetException($"There is no folder {Path.Combine(frames, missing)}; the video has masks in {masks} but no frames. Unpack its frames, or take it off the list of videos.");
        }

        return new NamedVideos(names, name =>
        {
            var video = FolderVideo.Open(name, Path.Combine(frames, name), Path.Combine(masks, name), coverage, options.Limits);
            meta?.Check(video, Path.Combine(masks, name));
            return video;
        });
    }

    private static string Chosen(string root, string? chosen, string? usual, string what, IReadOnlyList<string> places)
    {
        if (chosen is null)
        {
            return usual ?? throw new DatasetException($"{root} has no {what} in a usual place ({string.Join(", ", places.Distinct())}, frames and masks side by side); give the folder of {what}.");
        }

        string folder = Path.Combine(root, chosen);
        return Directory.Exists(folder) ? folder : throw new DatasetException($"There is no folder {folder}, which was given for the {what}; give one that is there, relative to {root}.");
    }
}
