namespace Sam2.Torch.Data.Annotation;

/// <summary>Writes a file (or a folder) per picture, named like the picture. One that is there has been written completely.</summary>
internal sealed class PictureFilesWriter(
    string directory, string ending, Action<string, AnnotatedImage> write, Action? complete = null) : IAnnotationWriter
{
    public bool Contains(string fileName) => Path.Exists(PathOf(fileName));

    public void Write(AnnotatedImage image) => write(PathOf(image.FileName), image);

    public void Complete() => complete?.Invoke();

    public void Dispose()
    {
    }

    /// <summary>Names come from other people's files too, and must not lead out of the folder.</summary>
    private string PathOf(string fileName)
    {
        string[] parts = fileName.Split('/', '\\');
        return Path.IsPathRooted(fileName) || parts.Any(part => part is "" or "." or "..")
            ? throw new AnnotationException(fileName, "is no name of a picture in a folder")
            : Path.Combine(directory, Path.ChangeExtension(Path.Combine(parts), ending == "" ? null : ending));
    }
}
