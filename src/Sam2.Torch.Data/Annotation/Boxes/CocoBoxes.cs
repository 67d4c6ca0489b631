using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>Boxes from a COCO annotation file. Pictures are found by their name, with folders or, where that is unambiguous, without.</summary>
public sealed class CocoBoxes : IBoxSource
{
    private readonly string _path;
    private readonly CocoDataset _dataset;
    private readonly Dictionary<string, AnnotatedImage> _byName = new(StringComparer.Ordinal);
    private readonly ILookup<string, AnnotatedImage> _byBareName;

    /// <summary>Reads the file.</summary>
    /// <exception cref="AnnotationException">It is missing or damaged.</exception>
    public CocoBoxes(string path)
    {
        _path = path;
        _dataset = CocoReader.Read(path);
        foreach (var image in _dataset.Images)
        {
            _byName[image.FileName] = image;
        }

        _byBareName = _dataset.Images.ToLookup(image => BareName(image.FileName), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyList<AnnotationCategory> Categories => _dataset.Categories;

    /// <inheritdoc/>
    public IReadOnlyList<AnnotatedObject>? Find(string fileName, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (!_byName.TryGetValue(fileName, out var annotated))
        {
            var candidates = _byBareName[BareName(fileName)].ToList();
            if (candidates.Count > 1)
            {
                throw new AnnotationException(_path, $"knows {candidates.Count} pictures by the name {BareName(fileName)}, in different folders");
            }

            annotated = candidates.FirstOrDefault();
        }

        if (annotated is null)
        {
            return null;
        }

        if (annotated.Width != image.Width || annotated.Height != image.Height)
        {
            throw new AnnotationException(
                _path, $"says that {annotated.FileName} has {annotated.Width}×{annotated.Height} pixels, but it has {image.Width}×{image.Height}");
        }

        // A crowd's box holds many objects, so it prompts none.
        return [.. annotated.Objects.Where(o => !o.IsCrowd)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string BareName(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
}
