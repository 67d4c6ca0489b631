using System.Text.Json;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// The annotation file that LabelMe keeps beside a picture (https://github.com/wkentaro/labelme): labelled shapes, of which those
/// with an area are read (polygon, rectangle, rotated rectangle, circle, mask); the others are named in
/// <see cref="AnnotatedImage.LeftOut"/>. Shapes of one group and label are one object.
/// </summary>
public static class LabelMeFile
{
    private const string Version = "5.5.0";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="categories">Known categories; labels that are new are added, numbered from 1, so that many files can share them.</param>
    /// <param name="limits">Limits on its size; null for the default.</param>
    /// <exception cref="AnnotationException">Missing, too large, damaged, or not such a file; the message names the place.</exception>
    public static AnnotatedImage Read(string path, IList<AnnotationCategory> categories, AnnotationLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(categories);
        limits ??= AnnotationLimits.Default;
        var members = new Dictionary<string, JsonFields>();
        JsonFile.ReadObject(path, limits, (string name, ref Utf8JsonReader reader) =>
        {
            if (name is "shapes" or "imagePath" or "imageHeight" or "imageWidth")
            {
                members[name] = JsonFile.ReadValue(path, name, ref reader);
            }
            else
            {
                reader.Skip(); // imageData, the picture itself, may be large.
            }
        });
        JsonFields Member(string name) => members.TryGetValue(name, out var value)
            ? value
            : throw new AnnotationException(path, $"has no \"{name}\", so it is not an annotation file of LabelMe");
        int height = (int)Member("imageHeight").Integer(1, int.MaxValue);
        int width = (int)Member("imageWidth").Integer(1, int.MaxValue);
        if ((long)width * height > limits.MaxPixels)
        {
            throw new AnnotationException(path, $"claims {width}×{height} pixels, more than the limit of {limits.MaxPixels / 1e6:0.######} megapixels");
        }

        var groups = new Dictionary<(string Label, long Group), List<CocoRle>>();
        var order = new List<(string Label, List<CocoRle> Parts)>();
        var leftOut = new List<string>();
        foreach (var shape in Member("shapes").Elements())
        {
            if (LabelMeShape.Read(shape, height, width, limits) is not { } mask)
            {
                leftOut.Add(LabelMeShape.Describe(shape));
                continue;
            }

            string label = shape["label"].Text();
            List<CocoRle>? parts = null;
            long group = shape.Has("group_id") ? shape["group_id"].Integer() : -1;
            if (group < 0 || !groups.TryGetValue((label, group), out parts))
            {
                order.Add((label, parts = []));
                if (group >= 0)
                {
                    groups.Add((label, group), parts);
                }
            }

            parts.Add(mask);
        }

        return new AnnotatedImage(
            Member("imagePath").Text(), width, height,
            [.. order.Select(o => AnnotatedObject.FromMask(CocoRle.Merge(o.Parts), CategoryOf(o.Label, categories)))])
        {
            LeftOut = leftOut,
        };
    }

    /// <summary>Creates or replaces a file, completely or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">The picture with its objects; those without a mask become rectangles, those with an empty one are left out.</param>
    /// <param name="categories">The names of the objects' categories.</param>
    /// <param name="imagePath">Where the picture is, relative to the file; null for the picture's name.</param>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    public static void Write(string path, AnnotatedImage image, IReadOnlyList<AnnotationCategory> categories, string? imagePath = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(categories);
        JsonFile.Write(
            path,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("version", Version);
                json.WriteStartObject("flags");
                json.WriteEndObject();
                json.WriteStartArray("shapes");
                for (int i = 0; i < image.Objects.Count; i++)
                {
                    var item = image.Objects[i];
                    string label = categories.FirstOrDefault(c => c.Id == item.Category)?.Name
                        ?? item.Category.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    WriteObject(json, item, label, i + 1);
                }

                json.WriteEndArray();
                json.WriteString("imagePath", imagePath ?? image.FileName);
                json.WriteNull("imageData");
                json.WriteNumber("imageHeight", image.Height);
                json.WriteNumber("imageWidth", image.Width);
                json.WriteEndObject();
            },
            indented: true);
    }

    private static int CategoryOf(string label, IList<AnnotationCategory> categories)
    {
        var known = categories.FirstOrDefault(c => c.Name == label);
        if (known is null)
        {
            known = new AnnotationCategory(categories.Count == 0 ? 1 : categories.Max(c => c.Id) + 1, label);
            categories.Add(known);
        }

        return known.Id;
    }

    private static void WriteObject(Utf8JsonWriter json, AnnotatedObject item, string label, int group)
    {
        if (item.Shape is null)
        {
            double x1 = item.Box.X + item.Box.Width, y1 = item.Box.Y + item.Box.Height;
            LabelMeShape.Write(json, label, "rectangle", null, [item.Box.X, item.Box.Y, x1, y1]);
            return;
        }

        var parts = MaskPolygon.Trace(item.Shape.ToRle());
        foreach (var part in parts)
        {
            // One group joins an object's parts, and its shapes on all frames of a video.
            LabelMeShape.Write(json, label, "polygon", item.Track ?? (parts.Count > 1 ? group : null), Array.ConvertAll(part.ToSingleRing(), v => (double)v));
        }
    }
}

/// <summary>One shape of a LabelMe file.</summary>
internal static class LabelMeShape
{
    /// <summary>The pixels of a shape; null for one without an area, such as a point or a line.</summary>
    /// <exception cref="AnnotationException">The shape is damaged.</exception>
    public static CocoRle? Read(JsonFields shape, int height, int width, AnnotationLimits limits)
    {
        string kind = KindOf(shape);
        if (kind is not ("polygon" or "rectangle" or "rotation" or "circle" or "mask"))
        {
            return null;
        }

        double[] points = [.. shape["points"].Elements().SelectMany(ReadPoint)];
        string? wanted = (kind, points.Length / 2) switch
        {
            ("rectangle", not (2 or 4)) => "two or four",
            ("circle" or "mask", not 2) => "two",
            ("rotation", not 4) => "four",
            _ => null,
        };
        if (wanted is not null)
        {
            throw shape.Wrong($"is a {kind} of {points.Length / 2} points; it takes {wanted}");
        }

        if (kind == "mask")
        {
            return ReadMask(shape, points, height, width, limits);
        }

        try
        {
            return PolygonRasteriser.FillAll([kind switch { "rectangle" => Rectangle(points), "circle" => Circle(points), _ => points }], height, width);
        }
        catch (ArgumentException e)
        {
            throw shape.Wrong($"can't be filled: {JsonMask.Message(e)}", e);
        }
    }

    /// <summary>Names a shape that has no area.</summary>
    public static string Describe(JsonFields shape) =>
        $"{shape.Place}, a {KindOf(shape)}{(shape.Has("label") ? $" labelled '{shape["label"].Text()}'" : "")}";

    /// <summary>Writes a shape.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="label">Its label.</param>
    /// <param name="kind">Its <c>shape_type</c>.</param>
    /// <param name="group">The number that the shapes of one object share; null if it is the only one.</param>
    /// <param name="points">x and y of each point in turn.</param>
    public static void Write(Utf8JsonWriter json, string label, string kind, long? group, double[] points)
    {
        json.WriteStartObject();
        json.WriteString("label", label);
        json.WriteStartArray("points");
        for (int i = 0; i < points.Length; i += 2)
        {
            json.WriteStartArray();
            json.WriteNumberValue(points[i]);
            json.WriteNumberValue(points[i + 1]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (group is { } number)
        {
            json.WriteNumber("group_id", number);
        }
        else
        {
            json.WriteNull("group_id");
        }

        json.WriteString("description", "");
        json.WriteString("shape_type", kind);
        json.WriteStartObject("flags");
        json.WriteEndObject();
        json.WriteNull("mask");
        json.WriteEndObject();
    }

    private static double[] ReadPoint(JsonFields fields)
    {
        double[] point = fields.Numbers();
        return point.Length == 2 ? point : throw fields.Wrong("is not a point [x, y]");
    }

    private static string KindOf(JsonFields shape) => shape.Has("shape_type") ? shape["shape_type"].Text() : "polygon";

    /// <summary>
    /// A rectangle by two opposite corners, or by all four in any order, as newer programs write it. Four points that are no upright
    /// rectangle are a polygon.
    /// </summary>
    private static double[] Rectangle(double[] p)
    {
        var (xs, ys) = (p.Where((_, i) => i % 2 == 0).ToArray(), p.Where((_, i) => i % 2 == 1).ToArray());
        var (left, top, right, bottom) = (xs.Min(), ys.Min(), xs.Max(), ys.Max());
        var corners = xs.Zip(ys).Select(c => (c.First == left || c.First == right) && (c.Second == top || c.Second == bottom) ? c : default((double, double)?));
        return p.Length == 4 || corners.Distinct().Count(c => c is not null) == 4 ? [left, top, right, top, right, bottom, left, bottom] : p;
    }

    /// <summary>A circle by its centre and a point on it, as a polygon that stays within a tenth of a pixel of it.</summary>
    private static double[] Circle(double[] p)
    {
        double radius = Math.Sqrt(((p[2] - p[0]) * (p[2] - p[0])) + ((p[3] - p[1]) * (p[3] - p[1])));
        int corners = (int)Math.Clamp(Math.Ceiling(Math.PI * Math.Sqrt(radius / 0.2)), 12, 10_000);
        var points = new double[2 * corners];
        for (int i = 0; i < corners; i++)
        {
            points[2 * i] = p[0] + (radius * Math.Cos(2 * Math.PI * i / corners));
            points[(2 * i) + 1] = p[1] + (radius * Math.Sin(2 * Math.PI * i / corners));
        }

        return points;
    }

    /// <summary>A mask given as a PNG in base 64, placed at its box.</summary>
    private static CocoRle ReadMask(JsonFields shape, double[] box, int height, int width, AnnotationLimits limits)
    {
        var encoded = shape["mask"];
        if (encoded.Text().Length == 0 || !encoded.Value.TryGetBytesFromBase64(out byte[]? bytes))
        {
            throw encoded.Wrong("is not base 64");
        }

        BinaryMask inside;
        try
        {
            inside = MaskFile.ReadPng(new MemoryStream(bytes), shape.File, new MediaLimits { MaxPixels = limits.MaxPixels });
        }
        catch (MediaException e)
        {
            throw encoded.Wrong(e.Cause, e);
        }

        int left = (int)Math.Round(box[0]), top = (int)Math.Round(box[1]);
        var (maskWidth, maskHeight) = (inside.Width, inside.Height);
        if (left < 0 || top < 0 || left > width - maskWidth || top > height - maskHeight)
        {
            throw shape.Wrong($"puts a mask of {maskWidth}×{maskHeight} pixels at {left}, {top}, beyond the picture's {width}×{height}");
        }

        var mask = new BinaryMask(height, width);
        for (int y = 0; y < maskHeight; y++)
        {
            inside.Row(y).CopyTo(mask.Row(top + y)[left..]);
        }

        return CocoRle.Encode(mask);
    }
}
