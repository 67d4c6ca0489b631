using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sam2.Torch.Data.Annotation;

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
        // Events rather than a tree: what the file holds besides, and how deeply, does not matter.
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
            throw new AnnotationException(path, $"is not the YAML file of a data set: line {e.Start.Line}: {e.Message.TrimEnd('.')}", null, e);
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
