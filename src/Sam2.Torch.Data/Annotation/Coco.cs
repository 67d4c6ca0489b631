using System.Text.Json;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>The content of a COCO annotation file.</summary>
/// <param name="Images">
/// The pictures with their objects, in the file's order. One that is listed by several ids is one picture with the objects of all.
/// </param>
/// <param name="Categories">The categories, in the file's order.</param>
/// <param name="Orphans">
/// How many annotations name a picture that the file does not list. Subsets made by removing pictures have some; they are left out.
/// </param>
public sealed record CocoDataset(IReadOnlyList<AnnotatedImage> Images, IReadOnlyList<AnnotationCategory> Categories, int Orphans);

/// <summary>
/// Reads COCO annotation files: <c>images</c>, <c>annotations</c> and <c>categories</c>, with segmentations as polygons,
/// compressed or uncompressed runs, or boxes only (https://cocodataset.org/#format-data).
/// </summary>
public static class CocoReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on its size; null for the default.</param>
    /// <exception cref="AnnotationException">Missing, too large, damaged, or not such a file; the message names the place.</exception>
    public static CocoDataset Read(string path, AnnotationLimits? limits = null)
    {
        limits ??= AnnotationLimits.Default;
        var categories = new List<AnnotationCategory>();
        var images = new Images(path, limits);
        bool hasImages = false;

        // Writers put the sections in any order, but a mask can't be checked before its picture's size is known.
        JsonFile.ReadObject(path, limits, (string name, ref Utf8JsonReader reader) =>
        {
            switch (name)
            {
                case "images":
                    hasImages = true;
                    JsonFile.ReadArray(path, name, ref reader, images.Add);
                    break;
                case "categories":
                    JsonFile.ReadArray(path, name, ref reader, c => categories.Add(ReadCategory(c)));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        });
        if (!hasImages)
        {
            throw new AnnotationException(path, "has no \"images\", so it is not a COCO annotation file");
        }

        JsonFile.ReadObject(path, limits, (string name, ref Utf8JsonReader reader) =>
        {
            if (name == "annotations")
            {
                JsonFile.ReadArray(path, name, ref reader, images.AddAnnotation);
            }
            else
            {
                reader.Skip();
            }
        });
        return new CocoDataset(images.ToList(), categories, images.Orphans);
    }

    /// <summary>Reads one annotation of a picture.</summary>
    internal static AnnotatedObject ReadObject(JsonFields fields, int height, int width)
    {
        var shape = fields.Has("segmentation") ? JsonMask.Read(fields["segmentation"], height, width) : null;
        if (shape is null && !fields.Has("bbox"))
        {
            throw fields.Wrong("has neither \"segmentation\" nor \"bbox\"");
        }

        // Some writers put zeros where they don't know the area or the box; the pixels tell both.
        AnnotationBox box;
        double? area = fields.OptionalNumber("area");
        if (fields.Has("bbox"))
        {
            box = fields["bbox"].Box();
            area = area > 0 ? area : shape?.ToRle().Area ?? box.Width * box.Height;
            box = shape is not null && (box.Width == 0 || box.Height == 0) ? BoxAround(shape.ToRle()) : box;
        }
        else
        {
            var rle = shape!.ToRle();
            box = BoxAround(rle);
            area = area > 0 ? area : rle.Area;
        }

        return new AnnotatedObject
        {
            Shape = shape,
            Box = box,
            Area = area.Value,
            Category = fields.Has("category_id") ? (int)fields["category_id"].Integer(int.MinValue, int.MaxValue) : 0,
            IsCrowd = fields.Has("iscrowd") && fields["iscrowd"].Value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => fields["iscrowd"].Integer(0, 1) == 1,
            },
            Score = fields.OptionalNumber("score"),
            Id = fields.Has("id") ? fields["id"].Integer() : null,
            Track = fields.Has("track_id") ? fields["track_id"].Integer() : null,
        };
    }

    private static AnnotationBox BoxAround(CocoRle rle)
    {
        var (x, y, width, height) = rle.BoundingBox;
        return new AnnotationBox(x, y, width, height);
    }

    private static AnnotationCategory ReadCategory(JsonFields fields) =>
        new((int)fields["id"].Integer(int.MinValue, int.MaxValue), fields["name"].Text());

    /// <summary>The pictures by id, filled with their annotations as they come.</summary>
    private sealed class Images(string path, AnnotationLimits limits)
    {
        private readonly List<(AnnotatedImage Image, List<AnnotatedObject> Objects)> _images = [];
        private readonly Dictionary<long, int> _byId = [];
        private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

        public int Orphans { get; private set; }

        public void Add(JsonFields fields)
        {
            long id = fields["id"].Integer();
            int width = (int)fields["width"].Integer(1, int.MaxValue);
            int height = (int)fields["height"].Integer(1, int.MaxValue);
            if ((long)width * height > limits.MaxPixels)
            {
                throw fields.Wrong($"claims {width}×{height} pixels, more than the limit of {limits.MaxPixels / 1e6:0.######} megapixels");
            }

            string name = fields["file_name"].Text();
            int index = _byName.GetValueOrDefault(name, _images.Count);
            if (!_byId.TryAdd(id, index))
            {
                throw new AnnotationException(path, $"{fields.Place} has the id {id} that an earlier one has, too");
            }

            if (index == _images.Count)
            {
                var objects = new List<AnnotatedObject>();
                _byName.Add(name, index);
                _images.Add((new AnnotatedImage(name, width, height, objects) { Id = id }, objects));
            }
            else if (_images[index].Image is var first && (first.Width, first.Height) != (width, height))
            {
                throw fields.Wrong($"is {name} with {width}×{height} pixels, which an earlier one lists with {first.Width}×{first.Height}");
            }
        }

        public void AddAnnotation(JsonFields fields)
        {
            if (_byId.TryGetValue(fields["image_id"].Integer(), out int index))
            {
                var (image, objects) = _images[index];
                objects.Add(ReadObject(fields, image.Height, image.Width));
            }
            else
            {
                Orphans++;
            }
        }

        public List<AnnotatedImage> ToList() => [.. _images.Select(i => i.Image)];
    }
}

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
            foreach (uint count in rle.Counts)
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
