using System.Globalization;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>A source of boxes that say which objects of a picture to segment.</summary>
public interface IBoxSource : IDisposable
{
    /// <summary>The categories that the boxes belong to.</summary>
    IReadOnlyList<AnnotationCategory> Categories { get; }

    /// <summary>The boxes of a picture.</summary>
    /// <param name="fileName">The picture's name relative to its folder, with forward slashes.</param>
    /// <param name="image">The picture, upright.</param>
    /// <returns>
    /// Objects whose box and category are used, and what is known about the picture besides; null if nothing is known about it.
    /// </returns>
    /// <exception cref="AnnotationException">The annotation of this picture is damaged; others may be fine.</exception>
    AnnotatedImage? Find(string fileName, RgbImage image);
}

/// <summary>Boxes from a COCO annotation file. Pictures are found by their name, with folders or, where that is unambiguous, without.</summary>
public sealed class CocoBoxes : IBoxSource
{
    private readonly string _path;
    private readonly List<AnnotationException> _damaged = [];
    private readonly CocoDataset _dataset;
    private readonly Dictionary<string, AnnotatedImage> _byName = new(StringComparer.Ordinal);
    private readonly ILookup<string, AnnotatedImage> _byBareName;

    /// <summary>Reads the file. Single annotations may be damaged (<see cref="Damaged"/>).</summary>
    /// <exception cref="AnnotationException">It is missing or damaged as a whole.</exception>
    public CocoBoxes(string path)
    {
        _path = path;
        _dataset = CocoReader.Read(path, null, _damaged.Add);
        foreach (var image in _dataset.Images)
        {
            _byName.Add(image.FileName, image);
        }

        _byBareName = _dataset.Images.ToLookup(image => BareName(image.FileName), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyList<AnnotationCategory> Categories => _dataset.Categories;

    /// <summary>What is wrong with each annotation that is left out since it is damaged; <see cref="Find"/> names those of a picture too.</summary>
    public IReadOnlyList<AnnotationException> Damaged => _damaged;

    /// <summary>How many annotations are left out because they name a picture that the file doesn't list.</summary>
    public int Orphans => _dataset.Orphans;

    /// <inheritdoc/>
    public AnnotatedImage? Find(string fileName, RgbImage image)
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
        return annotated with
        {
            Objects = [.. annotated.Objects.Where(o => !o.IsCrowd)],
            LeftOut = [.. annotated.LeftOut, .. annotated.Objects.Where(o => o.IsCrowd).Select(o => o.Id is { } id ? $"annotation {id}, a crowd" : "a crowd")],
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string BareName(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
}

/// <summary>
/// Boxes from a folder with a file per picture: YOLO labels (<c>NAME.txt</c>), or files of LabelMe or SA-1B (<c>NAME.json</c>). Of masks,
/// the box around them is used. Nothing is known about a picture without a file.
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
    /// <exception cref="AnnotationException">
    /// The folder has no such files, or one that lists names is damaged. Files of pictures may be: <see cref="Find"/> says so.
    /// </exception>
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

        // Text labels are numbered over all files, so that numbers don't depend on the pictures asked for first.
        foreach (string json in jsons)
        {
            try
            {
                ReadJson(json);
            }
            catch (AnnotationException)
            {
                // Reported when its picture is asked for, so that the others can still be used.
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<AnnotationCategory> Categories => _categories;

    /// <inheritdoc/>
    public AnnotatedImage? Find(string fileName, RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        string stem = Path.Combine(_folder, Path.ChangeExtension(fileName, null));
        if (File.Exists(stem + ".txt"))
        {
            var objects = YoloLabels.Read(stem + ".txt", image.Width, image.Height);
            var odd = objects.FirstOrDefault(o => !_categories.Any(c => c.Id == o.Category));
            return odd is null
                ? new AnnotatedImage(fileName, image.Width, image.Height, objects)
                {
                    LeftOut = File.Exists(stem + ".json") ? [$"all of {Path.GetFileName(stem)}.json, for {Path.GetFileName(stem)}.txt counts"] : [],
                }
                : throw new AnnotationException(stem + ".txt", $"names the class {odd.Category}, but there are names for {_categories.Count}");
        }

        if (!File.Exists(stem + ".json"))
        {
            return null;
        }

        var annotated = ReadJson(stem + ".json");
        return annotated.Width == image.Width && annotated.Height == image.Height
            ? annotated
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

        // SA-1B has no categories.
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
            try
            {
                highest = Math.Max(highest, YoloLabels.HighestClass(file));
            }
            catch (AnnotationException)
            {
                // As above: reported when its picture is asked for.
            }
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
            throw new AnnotationException(_folder, Directory.Exists(_folder) ? $"cannot be read ({e.Message})" : "does not exist", inner: e);
        }
    }
}
