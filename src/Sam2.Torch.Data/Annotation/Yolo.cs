using System.Globalization;
using System.Text;
using Sam2.Torch.Masks;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sam2.Torch.Data.Annotation;

/// <summary>
/// YOLO's label files: one line per object, <c>class x y x y …</c> for a polygon, <c>class x y width height [confidence]</c> for
/// a box by its centre; coordinates relative to the picture's size, classes from 0
/// (https://docs.ultralytics.com/datasets/segment). What a tracker has written may end in <c>confidence track</c> or <c>track</c>; the track is
/// left out. A last number that is whole and above 1 is a track, since coordinates and confidences go up to 1, and where a file has one, every
/// last number that is written as a whole one is. An object of several parts or with holes is one polygon whose parts are
/// joined by lines there and back, as Ultralytics' converter does it; filled, it is exactly the mask.
/// </summary>
public static class YoloLabels
{
    /// <summary>Labels made from pixels may lie outside the picture by rounding, and Ultralytics tolerates as much.</summary>
    private const double Tolerance = 0.01;

    /// <summary>Categories are numbered up to the highest class, so a mistyped one must not use up the memory.</summary>
    private const int HighestSensibleClass = 99_999;

    /// <summary>Reads the labels of one picture.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Width of the picture in pixels.</param>
    /// <param name="height">Height of the picture in pixels.</param>
    /// <param name="limits">Limits on its size; null for the default.</param>
    /// <returns>The objects; boxes have no <see cref="AnnotatedObject.Shape"/>.</returns>
    /// <exception cref="AnnotationException">Missing, too large or damaged; the message names the line.</exception>
    public static IReadOnlyList<AnnotatedObject> Read(string path, int width, int height, AnnotationLimits? limits = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var objects = new List<AnnotatedObject>();
        using var text = new StreamReader(new MemoryStream(JsonFile.ReadBytes(path, limits)));
        var lines = new List<(int Number, string[] Words)>();
        for (int number = 1; text.ReadLine() is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Add((number, line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
            }
        }

        bool hasTracks = lines.Exists(line => EndsInWhole(line.Words, atLeast: 2));
        foreach (var (number, words) in lines)
        {
            objects.Add(ReadLine(path, number, words, hasTracks, width, height));
        }

        return objects;
    }

    /// <summary>Creates or replaces the labels of one picture, completely or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">The picture; objects without a shape become boxes, those with an empty one are left out.</param>
    /// <param name="categories">The categories; an object's class is its category's place among them.</param>
    /// <exception cref="AnnotationException">It cannot be written, or an object is of none of the categories.</exception>
    public static void Write(string path, AnnotatedImage image, IReadOnlyList<AnnotationCategory> categories)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(categories);
        var text = new StringBuilder();
        foreach (var item in image.Objects)
        {
            int label = 0;
            while (label < categories.Count && categories[label].Id != item.Category)
            {
                label++;
            }

            if (label == categories.Count)
            {
                throw new AnnotationException(path, $"cannot hold an object of category {item.Category}, which is not one of the {label} known");
            }

            AppendObject(text, label, image, item);
        }

        JsonFile.WriteFile(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>The highest class in a file; −1 if it has no objects. Damaged lines are ignored here; <see cref="Read"/> throws at them.</summary>
    /// <exception cref="AnnotationException">The file is missing or too large.</exception>
    internal static int HighestClass(string path)
    {
        int highest = -1;
        using var text = new StreamReader(new MemoryStream(JsonFile.ReadBytes(path, null)));
        while (text.ReadLine() is { } line)
        {
            string first = line.TrimStart().Split((char[]?)null, 2)[0];
            if (double.TryParse(first, NumberStyles.Float, CultureInfo.InvariantCulture, out double label) && label is >= 0 and <= HighestSensibleClass)
            {
                highest = Math.Max(highest, (int)label);
            }
        }

        return highest;
    }

    /// <summary>Whether a line that is long enough for a track ends in a number without a decimal point.</summary>
    private static bool EndsInWhole(string[] words, int atLeast) =>
        words.Length >= 6 && long.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long last) && last >= atLeast;

    private static AnnotatedObject ReadLine(string path, int number, string[] words, bool hasTracks, int width, int height)
    {
        AnnotationException Wrong(string cause, string remedy = "") => new(path, $"line {number} {cause}", remedy);
        var values = new double[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !double.IsFinite(values[i]))
            {
                throw Wrong($"has '{(words[i].Length <= 40 ? words[i] : words[i][..40] + "…")}' where a number belongs");
            }
        }

        int given = values.Length;
        bool isTracked = hasTracks && EndsInWhole(words, atLeast: 0);
        if (isTracked)
        {
            values = values[..^1];
        }
        else if (given == 7 && EndsInWhole(words, atLeast: 0) && IsBoxWithin(values))
        {
            throw Wrong(
                $"has 7 numbers that could be a box with confidence {words[5]} and track {words[6]}, or a triangle",
                $"Take the last number away if it is a track; of a triangle, write {words[6]}.0 instead of {words[6]}");
        }

        bool isBox = values.Length is 5 or 6;
        if (!isBox && (values.Length < 7 || (values.Length % 2 == 0 && !isTracked)))
        {
            throw Wrong($"has {given} numbers: a box has 5 or 6, a polygon an odd number from 7 on");
        }

        if (values[0] != Math.Floor(values[0]) || values[0] is < 0 or > HighestSensibleClass)
        {
            throw Wrong($"has the class {words[0]}, which is not a whole number from 0 to {HighestSensibleClass}");
        }

        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] is < -Tolerance or > 1 + Tolerance)
            {
                throw Wrong($"has the coordinate {words[i]}, but coordinates are relative to the picture's size, from 0 to 1");
            }
        }

        if (isBox)
        {
            return Box(values, width, height);
        }

        try
        {
            return Polygon(values, width, height);
        }
        catch (ArgumentException e)
        {
            throw new AnnotationException(path, $"line {number} can't be filled: {JsonMask.Message(e).TrimEnd('.')}", inner: e);
        }
    }

    /// <summary>Whether the numbers behind the class are a box in the picture.</summary>
    private static bool IsBoxWithin(double[] values)
    {
        static bool IsWithin(double centre, double size) => size > 0 && centre - (size / 2) >= -Tolerance && centre + (size / 2) <= 1 + Tolerance;
        return IsWithin(values[1], values[3]) && IsWithin(values[2], values[4]);
    }

    private static AnnotatedObject Box(double[] values, int width, int height)
    {
        double w = Math.Max(0, values[3]) * width, h = Math.Max(0, values[4]) * height;
        return new AnnotatedObject
        {
            Category = (int)values[0],
            Box = new AnnotationBox((values[1] * width) - (w / 2), (values[2] * height) - (h / 2), w, h),
            Area = w * h,
            Score = values.Length == 6 ? values[5] : null,
        };
    }

    private static AnnotatedObject Polygon(double[] values, int width, int height)
    {
        // An even number behind the class are vertices; one more, which only lines with tracks have, is the confidence.
        var vertices = new double[(values.Length - 1) / 2 * 2];
        for (int i = 0; i < vertices.Length; i++)
        {
            vertices[i] = Math.Clamp(values[i + 1], 0, 1) * (i % 2 == 0 ? width : height);
        }

        var shape = ObjectShape.FromPolygons([vertices], height, width);
        return AnnotatedObject.FromMask(shape.ToRle(), (int)values[0]) with { Shape = shape, Score = values.Length % 2 == 0 ? values[^1] : null };
    }

    private static void AppendObject(StringBuilder text, int label, AnnotatedImage image, AnnotatedObject item)
    {
        if (item.Shape is null)
        {
            text.Append(label);
            Append(text, (item.Box.X + (item.Box.Width / 2)) / image.Width);
            Append(text, (item.Box.Y + (item.Box.Height / 2)) / image.Height);
            Append(text, item.Box.Width / image.Width);
            Append(text, item.Box.Height / image.Height);
            text.Append('\n');
            return;
        }

        int[] ring = MaskPolygon.ToSingleRing(MaskPolygon.Trace(item.Shape.ToRle()));
        if (ring.Length == 0)
        {
            return;
        }

        text.Append(label);
        for (int i = 0; i < ring.Length; i++)
        {
            Append(text, (double)ring[i] / (i % 2 == 0 ? image.Width : image.Height));
        }

        text.Append('\n');
    }

    /// <summary>Six decimals: at 10,000 pixels a hundredth of a pixel.</summary>
    private static void Append(StringBuilder text, double value) =>
        text.Append(' ').Append(CultureInfo.InvariantCulture, $"{Math.Clamp(value, 0, 1):0.######}");
}

/// <summary>The names of YOLO's classes: <c>classes.txt</c> with a name per line, or <c>names</c> in a data set's YAML file.</summary>
public static class YoloClasses
{
    /// <summary>The list of names that is kept among the labels.</summary>
    internal const string FileName = "classes.txt";

    private const int Most = 100_000;

    /// <summary>Looks for names beside the labels and in the folder above.</summary>
    /// <param name="labels">The folder of the labels.</param>
    /// <returns>The categories, numbered from 0; null if there are no names.</returns>
    /// <exception cref="AnnotationException">A file is damaged.</exception>
    public static IReadOnlyList<AnnotationCategory>? Find(string labels)
    {
        ArgumentException.ThrowIfNullOrEmpty(labels);
        foreach (string folder in new[] { labels, Path.Combine(labels, "..") })
        {
            foreach (string name in new[] { FileName, "data.yaml", "data.yml", "dataset.yaml" })
            {
                if (Path.Combine(folder, name) is var path && File.Exists(path))
                {
                    return Read(path);
                }
            }
        }

        return null;
    }

    /// <summary>Reads a file of either kind.</summary>
    /// <param name="path">A file that ends in <c>.yaml</c> or <c>.yml</c>, or else has a name per line.</param>
    /// <exception cref="AnnotationException">Missing or damaged.</exception>
    public static IReadOnlyList<AnnotationCategory> Read(string path)
    {
        string text = Encoding.UTF8.GetString(JsonFile.ReadBytes(path, AnnotationLimits.Default with { MaxFileBytes = 1 << 24 })).TrimStart('\uFEFF');
        var names = Path.GetExtension(path).ToLowerInvariant() is ".yaml" or ".yml"
            ? ReadYaml(path, text)
            : [.. text.TrimEnd().Split('\n').Select(line => line.Trim())];
        return [.. names.Select((name, i) => new AnnotationCategory(i, name))];
    }

    /// <summary>Writes <c>classes.txt</c> into a folder.</summary>
    /// <exception cref="AnnotationException">It cannot be written.</exception>
    internal static void Write(string directory, IReadOnlyList<AnnotationCategory> categories) => JsonFile.WriteFile(
        Path.Combine(directory, FileName),
        stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(categories.Select(c => c.Name.ReplaceLineEndings(" ") + "\n")))));

    private static List<string> ReadYaml(string path, string text)
    {
        // Events rather than a tree: it doesn't matter what else the file holds, or how deeply it is nested.
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            parser.Consume<MappingStart>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                bool isNames = parser.Accept<Scalar>(out var key) && key.Value == "names";
                parser.SkipThisAndNestedEvents();
                if (isNames)
                {
                    return ReadNames(path, parser);
                }

                parser.SkipThisAndNestedEvents();
            }
        }
        catch (YamlException e)
        {
            throw new AnnotationException(path, $"is not the YAML file of a data set: line {e.Start.Line}: {e.Message.TrimEnd('.')}", inner: e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or OverflowException or IndexOutOfRangeException or NullReferenceException or FormatException or EndOfStreamException)
        {
            // YamlDotNet's scanner has not foreseen everything that may follow an open bracket.
            throw new AnnotationException(path, $"is not the YAML file of a data set: something is wrong after line {parser.Current?.Start.Line ?? 1}", inner: e);
        }

        throw new AnnotationException(path, "has no \"names\" of classes");
    }

    private static List<string> ReadNames(string path, Parser parser)
    {
        var names = new List<string>();
        if (parser.TryConsume<SequenceStart>(out _))
        {
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                names.Add(parser.Consume<Scalar>().Value);
            }

            return names;
        }

        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            if (!int.TryParse(key.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= Most)
            {
                throw new AnnotationException(path, $"line {key.Start.Line} numbers a class that is not a whole number from 0 on");
            }

            // Gaps are named by their numbers.
            while (names.Count <= index)
            {
                names.Add(names.Count.ToString(CultureInfo.InvariantCulture));
            }

            names[index] = parser.Consume<Scalar>().Value;
        }

        return names;
    }
}
