using System.Text.Json;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Annotation;

/// <summary>One shape of a LabelMe file.</summary>
internal static class LabelMeShape
{
    /// <summary>The pixels of a shape; null for one without an area, such as a point or a line.</summary>
    /// <exception cref="AnnotationException">The shape is damaged.</exception>
    public static CocoRle? Read(JsonFields shape, int height, int width, AnnotationLimits limits)
    {
        string kind = shape.Has("shape_type") ? shape["shape_type"].Text() : "polygon";
        if (kind is not ("polygon" or "rectangle" or "circle" or "mask"))
        {
            return null;
        }

        double[] points = [.. shape["points"].Elements().SelectMany(ReadPoint)];
        if (kind != "polygon" && points.Length != 4)
        {
            throw shape.Wrong($"is a {kind} of {points.Length / 2} points; it takes two");
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

    private static double[] Rectangle(double[] p) => [p[0], p[1], p[2], p[1], p[2], p[3], p[0], p[3]];

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
        if (!shape["mask"].Value.TryGetBytesFromBase64(out byte[]? bytes))
        {
            throw shape["mask"].Wrong("is not base 64");
        }

        BinaryMask inside;
        try
        {
            inside = MaskFile.ReadPng(new MemoryStream(bytes), shape.File, new MediaLimits { MaxPixels = limits.MaxPixels });
        }
        catch (MediaException e)
        {
            throw shape["mask"].Wrong(e.Cause, e);
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
