using System.Globalization;
using Sam2.Torch.Masks;

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
    /// <param name="format">One of <see cref="Names"/>.</param>
    /// <param name="fileNames">The pictures.</param>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    /// <exception cref="AnnotationException">A name leads out of the directory.</exception>
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

/// <summary>A folder with a black-and-white PNG per object, numbered from <c>000.png</c>. Nothing is lost where objects overlap.</summary>
internal static class MaskFolder
{
    /// <summary>Creates or replaces a folder, completely or not at all.</summary>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    public static void Write(string path, AnnotatedImage image)
    {
        string temporary = AtomicFile.TemporaryNameFor(path), old = AtomicFile.TemporaryNameFor(path);
        try
        {
            Directory.CreateDirectory(temporary);
            for (int i = 0; i < image.Objects.Count; i++)
            {
                MaskFile.WritePng(Path.Combine(temporary, string.Create(CultureInfo.InvariantCulture, $"{i:000}.png")), MaskOf(path, image, i));
            }

            // The old one leaves its name as a whole: a process that ends here must not leave half of it.
            if (Directory.Exists(path))
            {
                Directory.Move(path, old);
            }

            Directory.Move(temporary, path);
            if (Directory.Exists(old))
            {
                Directory.Delete(old, recursive: true);
            }
        }
        catch (Exception e)
        {
            if (Directory.Exists(old) && !Directory.Exists(path))
            {
                Directory.Move(old, path);
            }

            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }

            if (e is IOException or UnauthorizedAccessException)
            {
                throw JsonFile.CannotWrite(path, e);
            }

            throw;
        }
    }

    /// <summary>The mask of an object.</summary>
    /// <exception cref="AnnotationException">It has none.</exception>
    public static BinaryMask MaskOf(string path, AnnotatedImage image, int index) =>
        image.Objects[index].Shape?.ToMask() ?? throw new AnnotationException(path, $"cannot hold object {index} of {image.FileName}, which has no mask");
}

/// <summary>An annotation file can't be read or written. The message names the file, the cause and what to do.</summary>
public sealed class AnnotationException : RemedyException
{
    /// <summary>Describes a failure.</summary>
    /// <param name="file">The file concerned.</param>
    /// <param name="cause">What went wrong, without a full stop, such as <c>annotation 17: "bbox" is missing</c>.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that led here, if any.</param>
    public AnnotationException(string file, string cause, string remedy = "", Exception? inner = null)
        : base(file, cause, remedy, inner)
    {
    }
}

/// <summary>How large an annotation file may be before it is refused. Checked before memory is allocated.</summary>
public sealed record AnnotationLimits
{
    /// <summary>The limits used where none are given: files of 1 GiB (COCO's training set has 0.45), masks of 200 megapixels.</summary>
    public static AnnotationLimits Default { get; } = new();

    /// <summary>Largest file in bytes.</summary>
    public long MaxFileBytes { get; init; } = 1L << 30;

    /// <summary>Largest number of pixels (width × height) of a picture that masks belong to.</summary>
    public long MaxPixels { get; init; } = 200_000_000;
}
