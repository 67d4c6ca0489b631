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
    /// <exception cref="AnnotationException">The output of an earlier run can't be continued.</exception>
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
            "davis" => new PictureFilesWriter(directory, ".png", DavisFile.Write),
            _ => throw Unknown(format),
        };
    }

    /// <summary>
    /// Where the annotations of a picture are written, relative to the directory: a file, or a folder, which ends in a slash. Formats with
    /// one file for all pictures (<see cref="IsOneFile"/>) name that.
    /// </summary>
    /// <param name="format">One of <see cref="Names"/>.</param>
    /// <param name="fileName">As in <see cref="AnnotatedImage.FileName"/>.</param>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    /// <exception cref="AnnotationException">The name leads out of the directory.</exception>
    public static string FileFor(string format, string fileName) => format switch
    {
        "coco" or "coco-rle" => "annotations.json",
        "yolo" => PictureFilesWriter.RelativePath(fileName, ".txt"),
        "sa1b" or "labelme" => PictureFilesWriter.RelativePath(fileName, ".json"),
        "png" => PictureFilesWriter.RelativePath(fileName, "") + "/",
        "davis" => PictureFilesWriter.RelativePath(fileName, ".png"),
        _ => throw Unknown(format),
    };

    /// <summary>Everything that a format writes for some pictures, as <see cref="FileFor"/> names it.</summary>
    /// <inheritdoc cref="FileFor"/>
    /// <param name="format">One of <see cref="Names"/>.</param>
    /// <param name="fileNames">The pictures.</param>
    public static IEnumerable<string> FilesFor(string format, IEnumerable<string> fileNames) =>
        fileNames.Select(name => FileFor(format, name)).Concat(format == "yolo" ? [YoloClasses.FileName] : []).Distinct();

    /// <summary>Whether a format has one file for all pictures.</summary>
    public static bool IsOneFile(string format) => format is "coco" or "coco-rle";

    private static ArgumentException Unknown(string format) =>
        new($"There is no annotation format '{format}'; there are {string.Join(", ", Names)}.", nameof(format));
}

/// <summary>
/// Writes the annotations of pictures in one format, one picture after the other. Files appear whole or not at all, and what an
/// interrupted run has written can be continued.
/// </summary>
public interface IAnnotationWriter : IDisposable
{
    /// <summary>Whether an earlier run, or this one, has written this picture's annotations already.</summary>
    /// <param name="fileName">As in <see cref="AnnotatedImage.FileName"/>.</param>
    bool Contains(string fileName);

    /// <summary>Writes the annotations of a picture, which replace those of the same name.</summary>
    /// <param name="image">The picture; its objects need a <see cref="AnnotatedObject.Shape"/>.</param>
    /// <exception cref="AnnotationException">A file cannot be written, or the format can't hold what is asked.</exception>
    void Write(AnnotatedImage image);

    /// <summary>Finishes the files. A format with one file for all pictures writes that file here; before, it only keeps what it needs to continue.</summary>
    /// <exception cref="AnnotationException">A file cannot be written.</exception>
    void Complete();
}

/// <summary>Writes a file (or a folder) per picture, named like the picture. A file that exists is complete.</summary>
internal sealed class PictureFilesWriter(
    string directory, string ending, Action<string, AnnotatedImage> write, Action? complete = null) : IAnnotationWriter
{
    public bool Contains(string fileName) => Path.Exists(PathOf(fileName));

    public void Write(AnnotatedImage image) => write(PathOf(image.FileName), image);

    public void Complete() => complete?.Invoke();

    public void Dispose()
    {
    }

    /// <summary>Names may come from other people's files, and must not lead out of the folder.</summary>
    public static string RelativePath(string fileName, string ending)
    {
        string[] parts = fileName.Split('/', '\\');
        return Path.IsPathRooted(fileName) || parts.Any(part => part is "" or "." or "..")
            ? throw new AnnotationException(fileName, "is no name of a picture in a folder")
            : Path.ChangeExtension(string.Join('/', parts), ending == "" ? null : ending);
    }

    private string PathOf(string fileName) => Path.Combine(directory, RelativePath(fileName, ending));
}
