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
    /// <param name="damaged">
    /// Told of each annotation that is damaged and therefore left out (<see cref="AnnotatedImage.LeftOut"/>); null to throw instead.
    /// </param>
    /// <exception cref="AnnotationException">Missing, too large, damaged, or not such a file; the message names the place.</exception>
    public static CocoDataset Read(string path, AnnotationLimits? limits = null, Action<AnnotationException>? damaged = null)
    {
        limits ??= AnnotationLimits.Default;
        var categories = new List<AnnotationCategory>();
        var images = new Images(path, limits, damaged);
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
    private sealed class Images(string path, AnnotationLimits limits, Action<AnnotationException>? damaged)
    {
        private readonly List<(AnnotatedImage Image, List<AnnotatedObject> Objects)> _images = [];
        private readonly Dictionary<int, List<string>> _leftOut = [];
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
            int? image = null;
            try
            {
                if (!_byId.TryGetValue(fields["image_id"].Integer(), out int index))
                {
                    Orphans++;
                    return;
                }

                image = index;
                _images[index].Objects.Add(ReadObject(fields, _images[index].Image.Height, _images[index].Image.Width));
            }
            catch (AnnotationException e) when (damaged is not null)
            {
                damaged(e);
                if (image is { } index)
                {
                    (_leftOut.TryGetValue(index, out var list) ? list : _leftOut[index] = []).Add(e.Cause);
                }
            }
        }

        public List<AnnotatedImage> ToList() =>
            [.. _images.Select((i, index) => _leftOut.TryGetValue(index, out var leftOut) ? i.Image with { LeftOut = leftOut } : i.Image)];
    }
}
