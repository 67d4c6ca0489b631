using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Masklets;

/// <summary>
/// SA-V train (sav_dataset/README.md): <c>VIDEO.mp4</c> beside <c>VIDEO_manual.json</c> and <c>VIDEO_auto.json</c>, in one folder or one per
/// part, or, faster to read, the extracted frames in folders of the videos' names.
/// </summary>
internal static class MaskletDataset
{
    private const string Manual = "_manual.json";
    private const string Auto = "_auto.json";

    /// <summary>Whether a folder has masklet files.</summary>
    public static bool IsRoot(string root) => Annotations.Find(root, "*" + Manual).Any() || Annotations.Find(root, "*" + Auto).Any();

    /// <summary>Lists the videos that have the wanted masklets.</summary>
    /// <exception cref="DatasetException">There are none.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options)
    {
        string part = SplitFile.PartOf(root, options);
        string annotations = Path.Combine(part, options.Annotations ?? "");
        if (!Directory.Exists(annotations))
        {
            throw new DatasetException($"There is no folder {annotations}, which was given for the annotations; give one that is there, relative to {part}.");
        }

        string[] endings = options.Masklets switch { MaskletKind.Manual => [Manual], MaskletKind.Auto => [Auto], _ => [Manual, Auto] };
        var files = endings.SelectMany(ending => Annotations.Find(annotations, "*" + ending).Select(f => (Name: Path.GetFileName(f)[..^ending.Length], File: f)))
            .GroupBy(f => f.Name).OrderBy(f => f.Key, StringComparer.Ordinal).ToDictionary(f => f.Key, f => f.Select(g => g.File).ToList());
        if (files.Count == 0)
        {
            throw new DatasetException($"{annotations} has no masklets VIDEO{string.Join(" or VIDEO", endings)}; give the folder into which SA-V was unpacked, or ask for the other kind of masklets.");
        }

        var names = NamedVideos.Choose(files.Keys, options, SplitFile.Read(root, options), annotations);
        return new NamedVideos(names, name => OpenVideo(name, files[name], options.Frames is { } frames ? Path.Combine(part, frames) : null, options.Limits));
    }

    private static MaskletVideo OpenVideo(string name, IReadOnlyList<string> paths, string? frameFolder, MediaLimits limits)
    {
        var files = paths.Select(p => (Path: p, File: Annotations.Read(() => MaskletFile.Read(p, new AnnotationLimits { MaxPixels = limits.MaxPixels })))).ToList();
        var (height, width) = (files[0].File.Height, files[0].File.Width);
        if (files.FirstOrDefault(f => (f.File.Height, f.File.Width) != (height, width)) is { Path: { } other })
        {
            throw new DatasetException($"{paths[0]} and {other} have masks of different sizes; download the video's files again.");
        }

        FrameStore frames = Find(name, paths[0], frameFolder) is var place && Directory.Exists(place)
            ? new PictureFrames(place, limits)
            : new VideoFileFrames(place, files[0].File.FrameCount ?? files.Max(f => MaskletVideo.LastFrame(f.File)) + 1, height, width, limits);
        return new MaskletVideo(name, frames, files);
    }

    /// <summary>The video file or the folder of extracted frames.</summary>
    private static string Find(string name, string annotation, string? frameFolder)
    {
        string[] places = frameFolder is not null
            ? [Path.Combine(frameFolder, name), Path.Combine(frameFolder, name + ".mp4")]
            : [Path.Combine(Path.GetDirectoryName(annotation)!, name + ".mp4"), Path.Combine(Path.GetDirectoryName(annotation)!, name)];
        return places.FirstOrDefault(p => File.Exists(p) || Directory.Exists(p))
            ?? throw new DatasetException($"The video for {annotation} is missing: there is neither {string.Join(" nor ", places)}. Download it, or take it off the list.");
    }
}
