using System.Globalization;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>
/// Boxes from a folder with a file per picture: YOLO labels (<c>NAME.txt</c>), or files of LabelMe or SA-1B (<c>NAME.json</c>). Masks
/// count by the box around them. Nothing is known of a picture without a file.
/// </summary>
public sealed class FolderBoxes : IBoxSource
{
    private readonly string _folder;
    private readonly List<AnnotationCategory> _categories;

    /// <summary>Takes boxes from a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="categories">
    /// The categories of YOLO's classes, in order; null to look for names (<see cref="YoloClasses.Find"/>) and, where there are none,
    /// to take the numbers that the labels use.
    /// </param>
    /// <exception cref="AnnotationException">The folder has no such files, or one that lists names or categories is damaged.</exception>
    public FolderBoxes(string folder, IReadOnlyList<AnnotationCategory>? categories = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _folder = folder;
        string[] texts = Files("*.txt"), jsons = Files("*.json");
        if (texts.Length + jsons.Length == 0)
        {
            throw new AnnotationException(folder, "has neither YOLO labels (.txt) nor files of LabelMe or SA-1B (.json)");
        }

        categories ??= texts.Length > 0 ? YoloClasses.Find(folder) ?? Numbered(texts) : [];
        _categories = [.. categories];

        // Labels that are texts get their numbers from all files, not only from those of the pictures so far.
        foreach (string json in jsons)
        {
            ReadJson(json);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<AnnotationCategory> Categories => _categories;

    /// <inheritdoc/>
    public IReadOnlyList<AnnotatedObject>? Find(string fileName, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        string stem = Path.Combine(_folder, Path.ChangeExtension(fileName, null));
        if (File.Exists(stem + ".txt"))
        {
            var objects = YoloLabels.Read(stem + ".txt", image.Width, image.Height);
            var odd = objects.FirstOrDefault(o => !_categories.Any(c => c.Id == o.Category));
            return odd is null
                ? objects
                : throw new AnnotationException(stem + ".txt", $"names the class {odd.Category}, but there are names for {_categories.Count}");
        }

        if (!File.Exists(stem + ".json"))
        {
            return null;
        }

        var annotated = ReadJson(stem + ".json");
        return annotated.Width == image.Width && annotated.Height == image.Height
            ? annotated.Objects
            : throw new AnnotationException(
                stem + ".json", $"is about a picture of {annotated.Width}×{annotated.Height}, but {fileName} has {image.Width}×{image.Height}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private AnnotatedImage ReadJson(string path)
    {
        if (!Sa1bFile.IsOne(path))
        {
            return LabelMeFile.Read(path, _categories);
        }

        // SA-1B knows no categories.
        if (_categories.All(c => c.Id != 0))
        {
            _categories.Insert(0, new AnnotationCategory(0, "object"));
        }

        return Sa1bFile.Read(path);
    }

    /// <summary>As many categories as the highest class needs, named by their numbers.</summary>
    private static List<AnnotationCategory> Numbered(string[] files)
    {
        int highest = -1;
        foreach (string file in files)
        {
            highest = Math.Max(highest, YoloLabels.HighestClass(file));
        }

        return [.. Enumerable.Range(0, highest + 1).Select(i => new AnnotationCategory(i, i.ToString(CultureInfo.InvariantCulture)))];
    }

    private string[] Files(string pattern)
    {
        try
        {
            return [.. Directory.GetFiles(_folder, pattern).Where(f => Path.GetFileName(f) != YoloClasses.FileName).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnnotationException(_folder, Directory.Exists(_folder) ? $"cannot be read ({e.Message})" : "does not exist", null, e);
        }
    }
}
