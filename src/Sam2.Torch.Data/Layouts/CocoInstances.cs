using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Layouts;

/// <summary>
/// COCO: one annotation file for all pictures. Pictures without a mask and crowds, which are no objects, are left out.
/// </summary>
internal static class CocoInstances
{
    /// <summary>Annotation files of a data set, the usual place first.</summary>
    public static IReadOnlyList<string> FindFiles(string root)
    {
        foreach (var (folder, pattern) in new[] { ("annotations", "instances_*.json"), ("", "instances_*.json"), ("", "*coco*.json"), ("annotations", "*.json"), ("", "annotations.json") })
        {
            string place = Path.Combine(root, folder);
            if (Directory.Exists(place) && Directory.GetFiles(place, pattern) is { Length: > 0 } files)
            {
                return [.. files.Order(StringComparer.Ordinal)];
            }
        }

        return [];
    }

    /// <summary>Reads the annotation file and finds the pictures.</summary>
    /// <exception cref="DatasetException">Something is missing or damaged.</exception>
    public static IReadOnlyList<IAnnotatedVideo> Open(string root, DatasetOptions options)
    {
        string json = ChooseFile(root, options);
        var all = DatasetFiles.ReadAnnotations(() => CocoReader.Read(json, new AnnotationLimits { MaxPixels = options.Limits.MaxPixels })).Images;
        double Largest(AnnotatedImage image) => options.MaxMaskArea * image.Width * image.Height;
        bool IsObject(AnnotatedImage image, AnnotatedObject o) => o is { Shape: not null, IsCrowd: false, Area: > 0 } && o.Area <= Largest(image);
        var images = all.Where(i => i.Objects.Any(o => IsObject(i, o))).GroupBy(NameOf)
            .SelectMany(group => group.Select(i => (Name: group.Count() > 1 ? i.FileName : group.Key, Image: i)))
            .ToDictionary(i => i.Name, i => i.Image);
        if (images.Count == 0)
        {
            var objects = all.SelectMany(i => i.Objects).ToList();
            int crowds = objects.Count(o => o.IsCrowd), boxes = objects.Count(o => o is { IsCrowd: false, Shape: null });
            throw new DatasetException(
                $"{json} has no picture with the mask of an object: of {objects.Count} annotations {crowds} are crowds, {boxes} have a box only " +
                $"and {objects.Count - crowds - boxes} have a mask that is empty or too large. An object needs a segmentation, and iscrowd 0.");
        }

        var names = NamedVideos.Choose(images.Keys, options, null, json);
        string folder = FindPictures(root, json, options, images[names[0]].FileName);
        return new NamedVideos(names, name =>
        {
            var image = images[name];
            return new PictureVideo(
                name, Path.Combine(folder, image.FileName),
                () => new PictureObjects(json, image.Width, image.Height, image.Objects.Index().Where(o => IsObject(image, o.Item))
                    .ToDictionary(o => o.Index + 1, o => (Func<BinaryMask>)o.Item.Shape!.ToMask)),
                objectsOverlap: true, options.Limits);
        });
    }

    /// <summary>The name without its ending, unless another picture differs in that only.</summary>
    private static string NameOf(AnnotatedImage image) => Path.ChangeExtension(image.FileName, null);

    private static string ChooseFile(string root, DatasetOptions options)
    {
        if (options.Annotations is { } chosen)
        {
            string path = Path.Combine(root, chosen);
            return File.Exists(path) ? path : throw new DatasetException($"There is no file {path}, which was given for the annotations; give one that is there, relative to {root}.");
        }

        var files = FindFiles(root);
        if (options.Split is { } split)
        {
            files = [.. files.Where(f => Path.GetFileNameWithoutExtension(f) is var n && (n.EndsWith("_" + split, StringComparison.Ordinal) || n.Contains($"_{split}20", StringComparison.Ordinal)))];
        }

        return files.Count == 1
            ? files[0]
            : throw new DatasetException(files.Count == 0
                ? $"{root} has no annotation file such as annotations/instances_{options.Split ?? "val2017"}.json; give the file of the annotations."
                : $"{root} has several annotation files ({string.Join(", ", files.Select(Path.GetFileName))}); say which part is wanted, such as val2017.");
    }

    private static string FindPictures(string root, string json, DatasetOptions options, string first)
    {
        string part = Path.GetFileNameWithoutExtension(json).Replace("instances_", "", StringComparison.Ordinal);
        string[] places = options.Frames is { } frames
            ? [frames]
            : [part, Path.Combine("images", part), "images", "JPEGImages", "", Path.GetRelativePath(root, Path.GetDirectoryName(json)!)];
        return places.Select(p => Path.Combine(root, p)).FirstOrDefault(p => File.Exists(Path.Combine(p, first)))
            ?? throw new DatasetException($"The picture {first}, which {json} describes, is in none of {string.Join(", ", places.Select(p => Path.Combine(root, p)).Distinct())}; give the folder of the pictures.");
    }
}
