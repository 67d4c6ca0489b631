using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// Reads COCO annotation files: <c>images</c>, <c>annotations</c> and <c>categories</c>, with segmentations as polygons,
/// compressed or uncompressed runs, or boxes only (https://cocodataset.org/#format-data).
/// </summary>
public static class CocoReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What it may cost; null for the default.</param>
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

        AnnotationBox box;
        double? area = fields.OptionalNumber("area");
        if (fields.Has("bbox"))
        {
            box = fields["bbox"].Box();
            area ??= shape?.ToRle().Area ?? box.Width * box.Height;
        }
        else
        {
            var rle = shape!.ToRle();
            var (x, y, w, h) = rle.BoundingBox;
            box = new AnnotationBox(x, y, w, h);
            area ??= rle.Area;
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

    private static AnnotationCategory ReadCategory(JsonFields fields) =>
        new((int)fields["id"].Integer(int.MinValue, int.MaxValue), fields["name"].Text());

    /// <summary>The pictures by id, filled with their annotations as they come.</summary>
    private sealed class Images(string path, AnnotationLimits limits)
    {
        private readonly List<(AnnotatedImage Image, List<AnnotatedObject> Objects)> _images = [];
        private readonly Dictionary<long, int> _byId = [];

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

            if (!_byId.TryAdd(id, _images.Count))
            {
                throw new AnnotationException(path, $"{fields.Place} has the id {id} that an earlier one has, too");
            }

            var objects = new List<AnnotatedObject>();
            _images.Add((new AnnotatedImage(fields["file_name"].Text(), width, height, objects) { Id = id }, objects));
        }

        public void AddAnnotation(JsonFields fields)
        {
            if (!_byId.TryGetValue(fields["image_id"].Integer(), out int index))
            {
                Orphans++;
                return;
            }

            var (image, objects) = _images[index];
            objects.Add(ReadObject(fields, image.Height, image.Width));
        }

        public List<AnnotatedImage> ToList() => [.. _images.Select(i => i.Image)];
    }
}
