using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Layouts;

/// <summary>
/// Pictures with a label file each: YOLO's <c>.txt</c> with polygons, in a folder <c>labels</c> where the pictures are in <c>images</c>, or beside
/// them; and LabelMe's <c>.json</c> beside the picture. A picture without a label file has no objects and is left out.
/// </summary>
internal static class LabelledPictures
{
    private const string Images = "images", Labels = "labels";

    /// <summary>Names beside YOLO's labels that are no labels.</summary>
    private static readonly string[] NoLabels = ["classes", "train", "val", "valid", "test"];

    /// <summary>Whether a folder has pictures with label files of YOLO's.</summary>
    public static bool IsYolo(string root) => FindYolo(root).Count > 0;

    /// <summary>Whether a folder has pictures with label files of LabelMe's.</summary>
    public static bool IsLabelMe(string root) => FindLabelMe(root).Values.FirstOrDefault() is { Label: { } first } && IsReadable(first);

    /// <summary>Lists the pictures of a YOLO data set. Labels that are boxes have no mask and are left out when a picture's objects are read.</summary>
    /// <exception cref="DatasetException">There are none.</exception>
    public static IReadOnlyList<IAnnotatedVideo> OpenYolo(string root, DatasetOptions options) =>
        Open(FindYolo(PartOf(root, options)), "labels/NAME.txt beside images/NAME.jpg", root, options, (picture, label) =>
        {
            var size = SizeOf(picture);
            return (size.Width, size.Height, YoloLabels.Read(label, size.Width, size.Height, LimitsOf(options)));
        });

    /// <summary>Lists the pictures of a LabelMe data set.</summary>
    /// <exception cref="DatasetException">There are none.</exception>
    public static IReadOnlyList<IAnnotatedVideo> OpenLabelMe(string root, DatasetOptions options) =>
        Open(FindLabelMe(PartOf(root, options)), "NAME.json beside NAME.jpg", root, options, (picture, label) =>
        {
            var image = LabelMeFile.Read(label, [], LimitsOf(options));
            return (image.Width, image.Height, image.Objects);
        });

    private static NamedVideos Open(
        Dictionary<string, (string Picture, string Label)> files, string layout, string root, DatasetOptions options,
        Func<string, string, (int Width, int Height, IReadOnlyList<AnnotatedObject> Objects)> read)
    {
        // YOLO's parts are folders of images/ or the folders in which there is one.
        string start = options.Split is { } split && PartOf(root, options) == root ? split + "/" : "";
        string[] all = [.. files.Keys.Where(name => name.StartsWith(start, StringComparison.Ordinal)).Order(NaturalOrder.Comparer)];
        if (all.Length == 0)
        {
            throw new DatasetException(
                $"{PartOf(root, options)} has no picture with a label file, {layout}{(start.Length > 0 ? $", in a part {start[..^1]}" : "")}; give the data set's own folder.");
        }

        return new NamedVideos(NamedVideos.Choose(all, options, null, root), name =>
        {
            var (picture, label) = files[name];
            return new PictureVideo(
                name, picture,
                () =>
                {
                    var (width, height, objects) = DatasetFiles.ReadAnnotations(() => read(picture, label));
                    return new PictureObjects(label, width, height, objects.Index().Where(o => o.Item is { Shape: not null, Area: > 0 })
                        .ToDictionary(o => o.Index + 1, o => (Func<BinaryMask>)o.Item.Shape!.ToMask));
                },
                objectsOverlap: true, options.Limits);
        });
    }

    /// <summary>Pictures and labels by the picture's path below the folder, without its ending and the part <c>images</c>.</summary>
    private static Dictionary<string, (string Picture, string Label)> FindYolo(string root)
    {
        var found = new Dictionary<string, (string Picture, string Label)>(StringComparer.Ordinal);
        foreach (var picture in Pictures(root))
        {
            string[] parts = Path.GetRelativePath(root, picture).Split(Path.DirectorySeparatorChar);
            int images = Array.LastIndexOf(parts[..^1], Images);
            string[] labelParts = [.. parts];
            if (images >= 0)
            {
                labelParts[images] = Labels;
            }

            string label = Path.Combine(root, Path.ChangeExtension(Path.Combine(labelParts), ".txt"));
            string stem = Path.GetFileNameWithoutExtension(picture);
            if (File.Exists(label) && (images >= 0 || !NoLabels.Contains(stem)))
            {
                Add(found, root, picture, label, string.Join('/', parts.Where((_, i) => i != images)));
            }
        }

        return found;
    }

    private static Dictionary<string, (string Picture, string Label)> FindLabelMe(string root)
    {
        var found = new Dictionary<string, (string Picture, string Label)>(StringComparer.Ordinal);
        foreach (var picture in Pictures(root))
        {
            string label = Path.ChangeExtension(picture, ".json");
            if (File.Exists(label))
            {
                Add(found, root, picture, label, Path.GetRelativePath(root, picture).Replace('\\', '/'));
            }
        }

        return found;
    }

    private static void Add(Dictionary<string, (string Picture, string Label)> found, string root, string picture, string label, string path)
    {
        if (!found.TryAdd(Path.ChangeExtension(path, null), (picture, label)))
        {
            throw new DatasetException($"{root} has several pictures for the labels {label}, such as {picture}; delete all but one.");
        }
    }

    /// <summary>Pictures in a folder and below, in natural order.</summary>
    private static IEnumerable<string> Pictures(string root) => !Directory.Exists(root) ? [] : DatasetFiles.Find(root, "*")
        .Where(file => ImageFile.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));

    private static string PartOf(string root, DatasetOptions options) => DatasetFiles.PartOf(root, options);

    private static AnnotationLimits LimitsOf(DatasetOptions options) => AnnotationLimits.Default with { MaxPixels = options.Limits.MaxPixels };

    private static (int Width, int Height) SizeOf(string picture)
    {
        try
        {
            var info = ImageFile.ReadInfo(picture);
            return (info.Width, info.Height);
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The picture {picture} can't be read: {e.Message}", e);
        }
    }

    private static bool IsReadable(string label)
    {
        try
        {
            LabelMeFile.Read(label, []);
            return true;
        }
        catch (AnnotationException)
        {
            return false;
        }
    }
}

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
