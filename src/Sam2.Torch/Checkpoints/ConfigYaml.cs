using System.Globalization;
using System.Text;
using Sam2.Torch.Modeling;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Configuration files in the original's format (sam2/configs/*.yaml): settings under <c>model:</c>, nested as the modules
/// are, each with its <c>_target_</c>. Interpolations (<c>${…}</c>), anchors and aliases are not supported.
/// </summary>
public static class ConfigYaml
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 16;
    private const string UnderModel = "Settings belong under 'model:'";

    /// <summary>Reads a complete configuration: settings that it leaves out have the original's defaults.</summary>
    /// <exception cref="CheckpointException">The file can't be read, or has an unknown or impossible setting.</exception>
    public static Sam2Config Read(string path) => ConfigTree.Overlay(path, ReadModel(path), ConfigDefaults.Original);

    /// <summary>Writes a configuration so that the original reads it too.</summary>
    /// <exception cref="CheckpointException">The file can't be written.</exception>
    public static void Write(string path, Sam2Config config) =>
        CheckpointFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Format(config))));

    /// <summary>The text of a configuration file.</summary>
    public static string Format(Sam2Config config)
    {
        var text = new StringBuilder("# @package _global_\n\nmodel:\n");
        Format(text, ConfigTree.ForOriginal(config), indent: 2);
        return text.ToString();
    }

    /// <summary>What stands under <c>model:</c>, as plain values.</summary>
    internal static PlainDictionary ReadModel(string path)
    {
        var root = ReadTree(path);
        if (root.Count != 1 || !root.TryGetValue("model", out var model) || model is not PlainDictionary tree)
            throw new CheckpointException(path, "has no settings under 'model:' alone",
                "Give a model configuration such as the original's sam2/configs/sam2.1/*.yaml, not one of a training run");
        return tree;
    }

    /// <summary>A whole file as plain values.</summary>
    internal static PlainDictionary ReadTree(string path, string remedy = UnderModel) => Parse(path, ReadText(path), remedy);

    /// <summary>Parses YAML text into plain values.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="text">The text.</param>
    /// <param name="remedy">What to do if it has no settings at all.</param>
    internal static PlainDictionary Parse(string file, string text, string remedy = UnderModel)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                throw new CheckpointException(file, "is empty", remedy);
            parser.Consume<DocumentStart>();
            var value = Value(file, parser, depth: 0);
            parser.Consume<DocumentEnd>();
            if (!parser.TryConsume<StreamEnd>(out _))
                throw new CheckpointException(file, "has several documents", $"Keep one. {remedy}");
            return value as PlainDictionary ?? throw new CheckpointException(file, "is not a mapping of settings", remedy);
        }
        catch (YamlException e)
        {
            throw new CheckpointException(file, $"is not valid YAML: line {e.Start.Line}: {e.Message.TrimEnd('.')}", "Correct the file", e);
        }
    }

    private static string ReadText(string path)
    {
        using var source = ByteSource.OpenFile(path);
        if (source.Length > MaxBytes)
            throw source.Bad($"has {source.Length} bytes; a configuration has at most {MaxBytes}", "Give a YAML file");
        var bytes = new byte[source.Length];
        source.Read(0, bytes);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw source.Bad("is not text", "Give a YAML file");
        }
    }

    private static object? Value(string file, IParser parser, int depth)
    {
        if (depth > MaxDepth)
            throw new CheckpointException(file, $"nests deeper than {MaxDepth} levels", "Correct the file");
        if (parser.Accept<AnchorAlias>(out _) || parser.Current is NodeEvent { Anchor.IsEmpty: false })
            throw new CheckpointException(file, $"line {parser.Current!.Start.Line} uses an anchor or alias, which is not supported", "Write the value out");
        if (parser.TryConsume<Scalar>(out var scalar))
            return Scalar(file, scalar);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<object?>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Value(file, parser, depth + 1));
            return new PlainList(items);
        }
        parser.Consume<MappingStart>();
        var dictionary = new PlainDictionary();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            if (dictionary.ContainsKey(key.Value))
                throw new CheckpointException(file, $"line {key.Start.Line} sets '{key.Value}' a second time", "Keep one of the two");
            dictionary.Set(key.Value, Value(file, parser, depth + 1));
        }
        return dictionary;
    }

    private static object? Scalar(string file, Scalar scalar)
    {
        var text = scalar.Value;
        if (text.Contains("${", StringComparison.Ordinal))
            throw new CheckpointException(file, $"line {scalar.Start.Line} has the interpolation '{text}', which is not supported", "Write the value out");
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
            return text;
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => true,
            "false" or "False" or "FALSE" => false,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
            _ when (char.IsAsciiDigit(text[^1]) || text[^1] == '.')
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => text,
        };
    }

    private static void Format(StringBuilder text, PlainDictionary tree, int indent)
    {
        foreach (var (key, value) in tree)
        {
            text.Append(' ', indent).Append(key).Append(':');
            if (value is PlainDictionary nested)
            {
                text.Append('\n');
                Format(text, nested, indent + 2);
            }
            else
            {
                text.Append(' ').Append(ConfigTree.Text(value)).Append('\n');
            }
        }
    }
}
