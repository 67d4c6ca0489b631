using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// The annotation file of one picture of SA-1B: masks as compressed runs with the model's scores, the point that prompted each
/// and the crop it was found on (https://github.com/facebookresearch/segment-anything#dataset).
/// </summary>
public static class Sa1bFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on its size; null for the default.</param>
    /// <exception cref="AnnotationException">Missing, too large, damaged, or not such a file; the message names the place.</exception>
    public static AnnotatedImage Read(string path, AnnotationLimits? limits = null)
    {
        limits ??= AnnotationLimits.Default;
        JsonFields? found = null;
        JsonFile.ReadObject(path, limits, (string name, ref Utf8JsonReader reader) =>
        {
            if (name == "image")
            {
                found = JsonFile.ReadValue(path, name, ref reader);
            }
            else
            {
                reader.Skip();
            }
        });
        var image = found ?? throw new AnnotationException(path, "has no \"image\", so it is not an annotation file of SA-1B");
        int width = (int)image["width"].Integer(1, int.MaxValue);
        int height = (int)image["height"].Integer(1, int.MaxValue);
        if ((long)width * height > limits.MaxPixels)
        {
            throw image.Wrong($"claims {width}×{height} pixels, more than the limit of {limits.MaxPixels / 1e6:0.######} megapixels");
        }

        var objects = new List<AnnotatedObject>();
        JsonFile.ReadObject(path, limits, (string name, ref Utf8JsonReader reader) =>
        {
            if (name == "annotations")
            {
                JsonFile.ReadArray(path, name, ref reader, fields => objects.Add(ReadObject(fields, height, width)));
            }
            else
            {
                reader.Skip();
            }
        });
        return new AnnotatedImage(image["file_name"].Text(), width, height, objects)
        {
            Id = image.Has("image_id") ? image["image_id"].Integer() : null,
        };
    }

    /// <summary>Creates or replaces a file, completely or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">The picture with its objects, each with a shape.</param>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    public static void Write(string path, AnnotatedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        JsonFile.Write(path, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("image");
            json.WriteNumber("image_id", image.Id ?? IdOf(image.FileName));
            json.WriteNumber("width", image.Width);
            json.WriteNumber("height", image.Height);
            json.WriteString("file_name", image.FileName);
            json.WriteEndObject();
            json.WriteStartArray("annotations");
            for (int i = 0; i < image.Objects.Count; i++)
            {
                WriteObject(json, path, image, i);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>Whether a JSON file looks like one of SA-1B: it has an <c>image</c>.</summary>
    /// <exception cref="AnnotationException">Missing, too large, or not a JSON object.</exception>
    internal static bool IsOne(string path)
    {
        bool found = false;
        JsonFile.ReadObject(path, null, (string name, ref Utf8JsonReader reader) =>
        {
            found |= name == "image";
            reader.Skip();
        });
        return found;
    }

    private static AnnotatedObject ReadObject(JsonFields fields, int height, int width)
    {
        var item = CocoReader.ReadObject(fields, height, width) with
        {
            Score = fields.OptionalNumber("predicted_iou"),
            StabilityScore = fields.OptionalNumber("stability_score"),
            CropBox = fields.Has("crop_box") ? fields["crop_box"].Box() : null,
        };
        if (item.Shape is null)
        {
            throw fields.Wrong("has no mask in \"segmentation\"");
        }

        return fields.Has("point_coords") && fields["point_coords"].Elements().FirstOrDefault() is { File: not null } point
            ? item with { Point = ReadPoint(point) }
            : item;
    }

    private static (double X, double Y) ReadPoint(JsonFields fields)
    {
        double[] point = fields.Numbers();
        return point.Length == 2 ? (point[0], point[1]) : throw fields.Wrong("is not a point [x, y]");
    }

    private static void WriteObject(Utf8JsonWriter json, string path, AnnotatedImage image, int index)
    {
        var item = image.Objects[index];
        var shape = item.Shape ?? throw new AnnotationException(path, $"cannot hold object {index} of {image.FileName}, which has no mask");
        json.WriteStartObject();
        json.WritePropertyName("segmentation");
        JsonMask.WriteRuns(json, shape.ToRle());
        JsonMask.WriteBox(json, "bbox", item.Box);
        json.WriteNumber("area", item.Area);
        if (item.Score is { } score)
        {
            json.WriteNumber("predicted_iou", score);
        }

        if (item.StabilityScore is { } stability)
        {
            json.WriteNumber("stability_score", stability);
        }

        if (item.Point is { } point)
        {
            json.WriteStartArray("point_coords");
            json.WriteStartArray();
            json.WriteNumberValue(point.X);
            json.WriteNumberValue(point.Y);
            json.WriteEndArray();
            json.WriteEndArray();
        }

        JsonMask.WriteBox(json, "crop_box", item.CropBox ?? new AnnotationBox(0, 0, image.Width, image.Height));
        json.WriteNumber("id", item.Id ?? index + 1);
        json.WriteEndObject();
    }

    /// <summary>The number in a name such as <c>sa_223750.jpg</c>; 0 if there is none.</summary>
    private static long IdOf(string fileName)
    {
        string stem = System.IO.Path.GetFileNameWithoutExtension(fileName);
        int digits = stem.Length;
        while (digits > 0 && char.IsAsciiDigit(stem[digits - 1]))
        {
            digits--;
        }

        return long.TryParse(stem.AsSpan(digits), out long id) ? id : 0;
    }
}
