using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>How a COCO annotation file holds masks. All three are exact.</summary>
public enum CocoSegmentation
{
    /// <summary>Polygons along the edges between pixels, holes joined to the outline; read by every tool.</summary>
    Polygons,

    /// <summary>Compressed runs, the smallest form; read by tools that use pycocotools.</summary>
    CompressedRle,

    /// <summary>Runs as plain numbers.</summary>
    UncompressedRle,
}

/// <summary>
/// Writes one COCO annotation file for many pictures. Until it is complete, pictures are kept in a journal beside it
/// (<c>annotations.json.journal</c>, one JSON line per picture): memory stays constant, and what an interrupted run has done is not
/// lost. A file that is there already is continued.
/// </summary>
public sealed class CocoWriter : IAnnotationWriter
{
    private readonly string _path;
    private readonly IReadOnlyList<AnnotationCategory> _categories;
    private readonly CocoSegmentation _segmentation;
    private readonly AnnotationJournal _journal;

    /// <summary>Begins or continues a file.</summary>
    /// <param name="path">The file to create or continue.</param>
    /// <param name="categories">The categories that objects belong to.</param>
    /// <param name="segmentation">How masks are written.</param>
    /// <exception cref="AnnotationException">The file or its journal cannot be read or written.</exception>
    public CocoWriter(string path, IReadOnlyList<AnnotationCategory> categories, CocoSegmentation segmentation = CocoSegmentation.Polygons)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(categories);
        (_path, _categories, _segmentation) = (path, categories, segmentation);
        string journal = path + ".journal";
        if (File.Exists(path) && !File.Exists(journal))
        {
            Import(path, journal);
        }

        _journal = new AnnotationJournal(journal);
    }

    /// <inheritdoc/>
    public bool Contains(string fileName) => _journal.Contains(fileName);

    /// <inheritdoc/>
    public void Write(AnnotatedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Append(_journal, image);
    }

    /// <inheritdoc/>
    public void Complete()
    {
        JsonFile.Write(_path, json =>
        {
            json.WriteStartObject();
            WriteImages(json);
            WriteAnnotations(json);
            WriteCategories(json);
            json.WriteEndObject();
        });
        _journal.Delete();
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    /// <summary>Makes a journal from a complete file. It must appear as a whole: a partial journal would lose annotations.</summary>
    private void Import(string path, string journal)
    {
        string part = AtomicFile.TemporaryNameFor(journal);
        try
        {
            using (var lines = new AnnotationJournal(part))
            {
                foreach (var image in CocoReader.Read(path).Images)
                {
                    Append(lines, image);
                }
            }

            File.Move(part, journal);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private void Append(AnnotationJournal journal, AnnotatedImage image) => journal.Append(image.FileName, json =>
    {
        json.WriteStartObject();
        json.WriteString("file_name", image.FileName);
        json.WriteNumber("width", image.Width);
        json.WriteNumber("height", image.Height);
        json.WriteStartArray("objects");
        foreach (var item in image.Objects)
        {
            json.WriteStartObject();
            WriteObject(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private void WriteObject(Utf8JsonWriter json, AnnotatedObject item)
    {
        json.WriteNumber("category_id", item.Category);
        if (item.Shape is { } shape)
        {
            json.WritePropertyName("segmentation");
            WriteSegmentation(json, shape, item.IsCrowd);
        }

        json.WriteNumber("area", item.Area);
        JsonMask.WriteBox(json, "bbox", item.Box);
        json.WriteNumber("iscrowd", item.IsCrowd ? 1 : 0);
        if (item.Score is { } score)
        {
            json.WriteNumber("score", Math.Round(score, 6));
        }

        if (item.Track is { } track)
        {
            json.WriteNumber("track_id", track);
        }
    }

    private void WriteSegmentation(Utf8JsonWriter json, ObjectShape shape, bool isCrowd)
    {
        // COCO's own crowds are uncompressed runs, and its tools take runs for crowds only.
        if (isCrowd || _segmentation == CocoSegmentation.UncompressedRle)
        {
            var rle = shape.ToRle();
            json.WriteStartObject();
            JsonMask.WriteNumbers(json, "size", rle.Height, rle.Width);
            json.WriteStartArray("counts");
            foreach (uint count in rle.ToCounts())
            {
                json.WriteNumberValue(count);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
        else if (_segmentation == CocoSegmentation.CompressedRle)
        {
            JsonMask.WriteRuns(json, shape.ToRle());
        }
        else if (shape.Polygons is { } polygons)
        {
            JsonSerializer.Serialize(json, polygons);
        }
        else
        {
            JsonMask.WritePolygons(json, shape.ToRle());
        }
    }

    private void WriteImages(Utf8JsonWriter json)
    {
        json.WriteStartArray("images");
        int id = 0;
        foreach (var image in _journal.Read())
        {
            json.WriteStartObject();
            json.WriteNumber("id", ++id);
            json.WriteString("file_name", image["file_name"].Text());
            json.WriteNumber("width", image["width"].Integer());
            json.WriteNumber("height", image["height"].Integer());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteAnnotations(Utf8JsonWriter json)
    {
        json.WriteStartArray("annotations");
        int imageId = 0;
        long id = 0;
        foreach (var image in _journal.Read())
        {
            imageId++;
            foreach (var item in image["objects"].Elements())
            {
                json.WriteStartObject();
                json.WriteNumber("id", ++id);
                json.WriteNumber("image_id", imageId);
                item.WriteMembers(json);

                json.WriteEndObject();
            }

            json.Flush();
        }

        json.WriteEndArray();
    }

    private void WriteCategories(Utf8JsonWriter json)
    {
        json.WriteStartArray("categories");
        foreach (var category in _categories)
        {
            json.WriteStartObject();
            json.WriteNumber("id", category.Id);
            json.WriteString("name", category.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
