using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Layouts;

/// <summary>SA-1B: <c>sa_1.jpg</c> beside <c>sa_1.json</c>, in one folder or one per part.</summary>
internal static class Sa1bDataset
{
    public const string Pattern = "sa_*.json";

    /// <summary>Lists the pictures that have annotations.</summary>
    /// <exception cref="DatasetException">There are none.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options)
    {
        string part = DatasetFiles.PartOf(root, options);
        string annotations = Path.Combine(part, options.Annotations ?? "");
        if (!Directory.Exists(annotations))
        {
            throw new DatasetException($"There is no folder {annotations}, which was given for the annotations; give one that is there, relative to {part}.");
        }

        var files = DatasetFiles.Find(annotations, Pattern).DistinctBy(Path.GetFileNameWithoutExtension).ToDictionary(f => Path.GetFileNameWithoutExtension(f));
        if (files.Count == 0)
        {
            throw new DatasetException($"{annotations} has no annotation files {Pattern}; give the folder into which SA-1B was unpacked.");
        }

        var names = NamedVideos.Choose(files.Keys, options, DatasetFiles.ReadSplit(root, options), annotations);
        return new NamedVideos(names, name =>
        {
            string json = files[name];
            string folder = options.Frames is { } frames ? Path.Combine(part, frames) : Path.GetDirectoryName(json)!;
            return new PictureVideo(name, Path.Combine(folder, name + ".jpg"), () => ReadObjects(json, options), objectsOverlap: true, options.Limits);
        });
    }

    private static PictureObjects ReadObjects(string json, DatasetOptions options)
    {
        var image = DatasetFiles.ReadAnnotations(() => Sa1bFile.Read(json, new AnnotationLimits { MaxPixels = options.Limits.MaxPixels }));
        double largest = options.MaxMaskArea * image.Width * image.Height;
        return new PictureObjects(json, image.Width, image.Height, image.Objects.Index()
            .Where(o => o.Item.Area > 0 && o.Item.Area <= largest && (o.Item.StabilityScore ?? 1) >= options.MinStability)
            .ToDictionary(o => o.Index + 1, o => (Func<BinaryMask>)o.Item.Shape!.ToMask));
    }
}
