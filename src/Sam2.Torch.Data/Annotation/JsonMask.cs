using System.Text.Json;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Data.Annotation;

/// <summary>COCO's <c>segmentation</c> in JSON: compressed runs, uncompressed runs or a list of polygons.</summary>
public static class JsonMask
{
    /// <summary>Reads any of the three.</summary>
    /// <returns>The shape; null for an empty list, which says that only the box is known.</returns>
    /// <exception cref="AnnotationException">It is none of them, or not of this size.</exception>
    public static ObjectShape? Read(JsonFields value, int height, int width)
    {
        if (value.Value.ValueKind == JsonValueKind.Object)
        {
            return ObjectShape.FromRle(ReadRuns(value, height, width));
        }

        // Parts with fewer than three vertices enclose nothing; published data sets have some.
        double[][] polygons = [.. value.Elements().Select(part => part.Numbers()).Where(part => part.Length >= 6)];
        try
        {
            return polygons.Length == 0 ? null : ObjectShape.FromPolygons(polygons, height, width);
        }
        catch (ArgumentException e)
        {
            throw value.Wrong($"is not a polygon: {Message(e)}", e);
        }
    }

    /// <summary>Reads runs, compressed or not.</summary>
    /// <exception cref="AnnotationException">They are damaged or not of this size.</exception>
    public static CocoRle ReadRuns(JsonFields value, int height, int width)
    {
        var (ownHeight, ownWidth) = ReadSize(value["size"]);
        if (ownHeight != height || ownWidth != width)
        {
            throw value.Wrong($"is a mask of {ownWidth}×{ownHeight} pixels on a picture of {width}×{height}");
        }

        var counts = value["counts"];
        try
        {
            return counts.Value.ValueKind == JsonValueKind.String
                ? CocoRle.FromCompressedString(height, width, counts.Text())
                : new CocoRle(height, width, [.. counts.Elements().Select(run => (uint)run.Integer(0, uint.MaxValue))]);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw counts.Wrong($"is damaged: {Message(e)}", e);
        }
    }

    /// <summary>Reads <c>[height, width]</c>.</summary>
    public static (int Height, int Width) ReadSize(JsonFields value)
    {
        double[] size = value.Numbers();
        return size.Length == 2 && size.All(n => n is >= 1 and <= int.MaxValue && n == Math.Floor(n))
            ? ((int)size[0], (int)size[1])
            : throw value.Wrong("is not a size [height, width]");
    }

    /// <summary>Writes compressed runs as <c>{"size": …, "counts": …}</c>.</summary>
    public static void WriteRuns(Utf8JsonWriter json, CocoRle mask)
    {
        json.WriteStartObject();
        WriteNumbers(json, "size", mask.Height, mask.Width);
        json.WriteString("counts", mask.ToCompressedString());
        json.WriteEndObject();
    }

    /// <summary>Writes polygons such that filling them as pycocotools does gives back the mask exactly.</summary>
    public static void WritePolygons(Utf8JsonWriter json, CocoRle mask)
    {
        json.WriteStartArray();
        foreach (var polygon in MaskPolygon.Trace(mask))
        {
            json.WriteStartArray();
            foreach (int coordinate in polygon.ToSingleRing())
            {
                json.WriteNumberValue(coordinate);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a list of numbers; whole ones without a fraction.</summary>
    public static void WriteNumbers(Utf8JsonWriter json, string name, params ReadOnlySpan<double> numbers)
    {
        json.WriteStartArray(name);
        foreach (double number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a box as <c>[x, y, width, height]</c>.</summary>
    public static void WriteBox(Utf8JsonWriter json, string name, AnnotationBox box) =>
        WriteNumbers(json, name, box.X, box.Y, box.Width, box.Height);

    /// <summary>A message without the parameter's name that .NET appends.</summary>
    public static string Message(Exception e)
    {
        int end = e.Message.IndexOf(" (Parameter", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
