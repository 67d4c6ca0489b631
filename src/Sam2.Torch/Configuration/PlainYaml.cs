using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sam2.Torch.Configuration;

/// <summary>
/// YAML text as plain values and back. YamlDotNet parses and writes; its object mapping is not used, because settings overlay
/// others, and because the same trees also come from pickles and JSON. Anchors, aliases and interpolations (<c>${…}</c>) are
/// not supported.
/// </summary>
public static class PlainYaml
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 16;

    private static readonly EmitterSettings Layout = new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024)
        .WithIndentedSequences().WithNewLine("\n");

    /// <summary>Reads a file of settings.</summary>
    /// <param name="path">The file.</param>
    /// <param name="remedy">What to do if it has no settings at all, a sentence without a full stop.</param>
    /// <exception cref="ConfigurationException">The file can't be read, or is not a mapping in YAML.</exception>
    public static PlainDictionary Read(string path, string remedy) => Parse(path, ReadText(path), remedy);

    /// <summary>Parses settings.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="text">YAML.</param>
    /// <param name="remedy">What to do if there are no settings at all, a sentence without a full stop.</param>
    /// <exception cref="ConfigurationException">The text is not a mapping in YAML.</exception>
    public static PlainDictionary Parse(string file, string text, string remedy)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                throw new ConfigurationException(file, "is empty", remedy);
            parser.Consume<DocumentStart>();
            var value = ReadValue(file, parser, depth: 0);
            parser.Consume<DocumentEnd>();
            if (!parser.TryConsume<StreamEnd>(out _))
                throw new ConfigurationException(file, "has several documents", $"Keep one. {remedy}");
            return value as PlainDictionary ?? throw new ConfigurationException(file, "is not a mapping of settings", remedy);
        }
        catch (YamlException e)
        {
            throw new ConfigurationException(file, $"is not valid YAML: line {e.Start.Line}: {e.Message.TrimEnd('.')}", "Correct the file", e);
        }
        catch (Exception e) when (IsFlawOfParser(e))
        {
            throw new ConfigurationException(file, $"is not valid YAML: something is wrong after line {parser.Current?.Start.Line ?? 1}", "Correct the file", e);
        }
    }

    /// <summary>
    /// Whether YamlDotNet throws something other than its <see cref="YamlException"/>, as it does where a bracket is open and the text goes on in a
    /// way that it has not foreseen.
    /// </summary>
    internal static bool IsFlawOfParser(Exception e) =>
        e is InvalidOperationException or ArgumentException or OverflowException or IndexOutOfRangeException or NullReferenceException or FormatException or EndOfStreamException;

    /// <summary>Settings as a YAML document: a line per setting, nested settings indented, lists on one line or one line per entry.</summary>
    public static string Format(PlainDictionary tree) => Emit(tree, flow: false);

    /// <summary>A value on one line, as it may stand in a list.</summary>
    public static string Flow(object? value) => Emit(new PlainList([value]), flow: true).Trim()[1..^1].Trim();

    /// <summary>A number with a fraction or exponent, so that <c>20.0</c> comes back as one.</summary>
    public static string Fractional(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    private static string ReadText(string path)
    {
        try
        {
            // The limit applies to the bytes read, not to the file's length: devices and pipes have none.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var bytes = new byte[MaxBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
                throw new ConfigurationException(path, $"has more than {MaxBytes} bytes", "Give a YAML file");
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new ConfigurationException(path, "is not text", "Give a YAML file", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException(path, "does not exist", "Check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException(path, Directory.Exists(path) ? "is a folder" : $"can't be read: {e.Message.TrimEnd('.')}", "Give a YAML file", e);
        }
    }

    private static object? ReadValue(string file, IParser parser, int depth)
    {
        if (depth > MaxDepth)
            throw new ConfigurationException(file, $"nests deeper than {MaxDepth} levels", "Correct the file");
        if (parser.Accept<AnchorAlias>(out _) || parser.Current is NodeEvent { Anchor.IsEmpty: false })
            throw new ConfigurationException(file, $"line {parser.Current!.Start.Line} uses an anchor or alias, which is not supported", "Write the value out");
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            if (scalar.Value.Contains("${", StringComparison.Ordinal))
                throw new ConfigurationException(file, $"line {scalar.Start.Line} has the interpolation '{scalar.Value}', which is not supported", "Write the value out");
            return scalar.Style is ScalarStyle.Plain or ScalarStyle.Any ? PlainScalar(scalar.Value) : scalar.Value;
        }
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<object?>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(ReadValue(file, parser, depth + 1));
            return new PlainList(items);
        }
        parser.Consume<MappingStart>();
        var dictionary = new PlainDictionary();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            if (dictionary.ContainsKey(key.Value))
                throw new ConfigurationException(file, $"line {key.Start.Line} sets '{key.Value}' a second time", "Keep one of the two");
            dictionary.Set(key.Value, ReadValue(file, parser, depth + 1));
        }
        return dictionary;
    }

    /// <summary>What text without quotes means: YAML 1.2's core schema without octal numbers, <c>.inf</c> and <c>.nan</c>.</summary>
    private static object? PlainScalar(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ when (char.IsAsciiDigit(text[^1]) || text[^1] == '.')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => text,
    };

    private static string Emit(object? value, bool flow)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var emitter = new Emitter(text, Layout);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        WriteValue(emitter, value, flow);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void WriteValue(Emitter emitter, object? value, bool flow)
    {
        switch (value)
        {
            case PlainDictionary tree:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, flow || tree.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, item) in tree)
                {
                    WriteValue(emitter, key, flow);
                    WriteValue(emitter, item, flow);
                }
                emitter.Emit(new MappingEnd());
                break;
            case PlainList list:
                var oneLine = flow || !list.Any(item => item is PlainDictionary);
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, oneLine ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                    WriteValue(emitter, item, flow: true);
                emitter.Emit(new SequenceEnd());
                break;
            // Text that would be read back as something else is quoted; the emitter adds the quotes that the syntax requires.
            case string name:
                WriteScalar(emitter, name, name.Any(char.IsControl) ? ScalarStyle.DoubleQuoted : PlainScalar(name) is string ? ScalarStyle.Any : ScalarStyle.SingleQuoted);
                break;
            default:
                WriteScalar(emitter, value switch
                {
                    null => "null",
                    bool flag => flag ? "true" : "false",
                    double number => Fractional(number),
                    _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
                }, ScalarStyle.Plain);
                break;
        }
    }

    private static void WriteScalar(Emitter emitter, string text, ScalarStyle style) =>
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));
}
