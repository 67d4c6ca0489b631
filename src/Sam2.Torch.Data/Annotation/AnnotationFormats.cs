namespace Sam2.Torch.Data.Annotation;

/// <summary>The formats in which the annotations of pictures are written, by name.</summary>
public static class AnnotationFormats
{
    /// <summary>The names that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["coco", "coco-rle", "yolo", "sa1b", "labelme", "png", "davis"];

    /// <summary>What a format writes, in a few words for a help text.</summary>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    public static string Describe(string format) => format switch
    {
        "coco" => "annotations.json with polygons",
        "coco-rle" => "annotations.json with compressed run lengths",
        "yolo" => "NAME.txt with a polygon per line, and classes.txt",
        "sa1b" => "NAME.json as SA-1B has it, with the model's scores",
        "labelme" => "NAME.json for LabelMe",
        "png" => "NAME/000.png ..., a picture per object",
        "davis" => "NAME.png with a palette, the object's number per pixel",
        _ => throw Unknown(format),
    };

    /// <summary>A writer for a format.</summary>
    /// <param name="format">One of <see cref="Names"/>.</param>
    /// <param name="directory">Where files are written; created when it is needed.</param>
    /// <param name="categories">The categories that objects belong to.</param>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    /// <exception cref="AnnotationException">What an earlier run left cannot be continued.</exception>
    public static IAnnotationWriter Create(string format, string directory, IReadOnlyList<AnnotationCategory> categories)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(categories);
        string coco = Path.Combine(directory, "annotations.json");
        return format switch
        {
            "coco" => new CocoWriter(coco, categories),
            "coco-rle" => new CocoWriter(coco, categories, CocoSegmentation.CompressedRle),
            "yolo" => new PictureFilesWriter(
                directory, ".txt", (path, image) => YoloLabels.Write(path, image, categories), () => YoloClasses.Write(directory, categories)),
            "sa1b" => new PictureFilesWriter(directory, ".json", Sa1bFile.Write),
            "labelme" => new PictureFilesWriter(directory, ".json", (path, image) => LabelMeFile.Write(path, image, categories)),
            "png" => new PictureFilesWriter(directory, "", MaskFolder.Write),
            "davis" => new PictureFilesWriter(directory, ".png", WriteDavis),
            _ => throw Unknown(format),
        };
    }

    /// <summary>Objects are numbered in the order given; smaller ones are drawn on top, or large ones would hide them.</summary>
    private static void WriteDavis(string path, AnnotatedImage image)
    {
        if (image.Objects.Count > DavisFile.LargestId)
        {
            throw new AnnotationException(
                path, $"cannot hold {image.Objects.Count} objects: a palette has numbers for {DavisFile.LargestId}", "Use the format png, a picture per object");
        }

        var masks = image.Objects
            .Select((item, i) => (Id: i + 1, Mask: MaskFolder.MaskOf(path, image, i)))
            .OrderBy(m => m.Mask.Area)
            .ToList();
        JsonFile.CreateFolderFor(path);
        DavisFile.Compose(image.Width, image.Height, masks).Write(path);
    }

    private static ArgumentException Unknown(string format) =>
        new($"There is no annotation format '{format}'; there are {string.Join(", ", Names)}.", nameof(format));
}
