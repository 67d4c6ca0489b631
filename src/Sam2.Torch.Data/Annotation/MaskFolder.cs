using System.Globalization;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

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
