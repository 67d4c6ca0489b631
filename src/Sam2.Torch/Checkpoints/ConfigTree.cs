using System.Globalization;
using System.Reflection;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The one mapping between <see cref="Sam2Config"/> and nested dictionaries in the original's names (<c>image_encoder</c>,
/// <c>_target_</c>, …), which YAML files and the values embedded in checkpoints share. Property names in Pascal case are the
/// original's keys in snake case, so records that gain a property need no change here.
/// </summary>
internal static class ConfigTree
{
    public const string Target = "_target_";

    /// <summary>Classes that a record may stand for; the first is the one that is written.</summary>
    private static readonly Dictionary<Type, string[]> Targets = new()
    {
        [typeof(Sam2Config)] = ["sam2.modeling.sam2_base.SAM2Base", "sam2.sam2_video_predictor.SAM2VideoPredictor", "sam2.sam2_video_predictor.SAM2VideoPredictorVOS", "training.model.sam2.SAM2Train"],
        [typeof(ImageEncoderConfig)] = ["sam2.modeling.backbones.image_encoder.ImageEncoder"],
        [typeof(HieraConfig)] = ["sam2.modeling.backbones.hieradet.Hiera"],
        [typeof(FpnNeckConfig)] = ["sam2.modeling.backbones.image_encoder.FpnNeck"],
        [typeof(PositionEncodingConfig)] = ["sam2.modeling.position_encoding.PositionEmbeddingSine"],
        [typeof(MemoryAttentionConfig)] = ["sam2.modeling.memory_attention.MemoryAttention"],
        [typeof(MemoryAttentionLayerConfig)] = ["sam2.modeling.memory_attention.MemoryAttentionLayer"],
        [typeof(AttentionConfig)] = ["sam2.modeling.sam.transformer.RoPEAttention", "sam2.modeling.sam.transformer.Attention"],
        [typeof(MemoryEncoderConfig)] = ["sam2.modeling.memory_encoder.MemoryEncoder"],
        [typeof(MaskDownSamplerConfig)] = ["sam2.modeling.memory_encoder.MaskDownSampler"],
        [typeof(FuserConfig)] = ["sam2.modeling.memory_encoder.Fuser"],
        [typeof(CXBlockConfig)] = ["sam2.modeling.memory_encoder.CXBlock"],
    };

    /// <summary>Keys of the original that change nothing here: compilation, caches, and where the trunk was pretrained.</summary>
    private static readonly HashSet<string> Ignored = ["compile_image_encoder", "weights_path", "warmup_cache", "batch_first"];

    /// <summary>The configuration as a tree of dictionaries, lists, strings, <see cref="long"/>, <see cref="double"/>, bool and null.</summary>
    public static PlainDictionary Of(Sam2Config config) => Record(config);

    /// <summary>
    /// The same without what only this implementation knows and the configuration doesn't use, so that the original, which
    /// refuses unknown settings, reads it.
    /// </summary>
    public static PlainDictionary ForOriginal(Sam2Config config) => config.RecurrentMemory
        ? Of(config)
        : new(Of(config).Where(setting => !setting.Key.Equals("recurrent_memory")));

    /// <summary>Overlays a tree on a configuration: keys of the tree replace the configuration's, the others stay.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="tree">What stands under <c>model:</c>.</param>
    /// <param name="start">Where the overlay begins.</param>
    /// <exception cref="CheckpointException">A key is unknown, or a value has another type.</exception>
    public static Sam2Config Overlay(string file, PlainDictionary tree, Sam2Config start) => (Sam2Config)Overlay(file, tree, start, "");

    /// <summary>Paths at which two configurations differ, with both values.</summary>
    public static IEnumerable<(string Path, object? A, object? B)> Differences(Sam2Config a, Sam2Config b) => Differences("", Of(a), Of(b));

    /// <summary>Whether the tree has a value at a path such as <c>image_encoder.trunk.num_heads</c>.</summary>
    public static bool Has(PlainDictionary tree, string path)
    {
        object? node = tree;
        foreach (var key in path.Split('.'))
            if (node is not PlainDictionary dictionary || !dictionary.TryGetValue(key, out node))
                return false;
        return true;
    }

    /// <summary>A value as it is written in YAML.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double number => Fractional(number),
        PlainList list => $"[{string.Join(", ", list.Select(Text))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static PlainDictionary Record(object record)
    {
        var tree = new PlainDictionary();
        if (Targets.TryGetValue(record.GetType(), out var targets))
            tree.Set(Target, record is AttentionConfig { Rope: false } ? targets[1] : targets[0]);
        foreach (var (name, property) in Properties(record.GetType()))
            tree.Set(name, property.GetValue(record) switch
            {
                null => null,
                int number => (long)number,
                IntList list => new PlainList(list.Select(item => (object?)(long)item)),
                bool or double or string => property.GetValue(record),
                var nested => Record(nested),
            });
        return tree;
    }

    private static object Overlay(string file, PlainDictionary tree, object start, string path)
    {
        var type = start.GetType();
        var result = type.GetMethod("<Clone>$")!.Invoke(start, null)!;
        var properties = Properties(type);
        foreach (var (rawKey, value) in tree)
        {
            var key = rawKey as string ?? throw new CheckpointException(file, $"has the key {rawKey} in '{path}'; keys are names");
            var where = path.Length == 0 ? key : $"{path}.{key}";
            if (key == Target)
                SetTarget(file, result, value, where);
            else if (properties.TryGetValue(key, out var property))
                property.SetValue(result, ConvertTo(file, value, property, property.GetValue(start), where));
            else if (!Ignored.Contains(key))
                throw new CheckpointException(file, $"has the unknown setting '{where}'", $"Did you mean '{Closest(key, properties.Keys)}'?");
        }
        return result;
    }

    private static void SetTarget(string file, object record, object? value, string where)
    {
        var allowed = Targets.GetValueOrDefault(record.GetType(), []);
        if (value is not string target || !allowed.Contains(target))
            throw new CheckpointException(file, $"has '{where}: {Text(value)}', which is not supported", $"Supported there: {string.Join(", ", allowed)}");
        if (record is AttentionConfig)
            typeof(AttentionConfig).GetProperty(nameof(AttentionConfig.Rope))!.SetValue(record, target == allowed[0]);
    }

    private static object? ConvertTo(string file, object? value, PropertyInfo property, object? current, string where)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var nullable = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        if (value is null)
            return nullable ? null : type == typeof(MaskDecoderConfig) ? current : throw Wrong("a value");
        if (type == typeof(int))
            return value is long number and >= int.MinValue and <= int.MaxValue ? (int)number : throw Wrong("a whole number");
        if (type == typeof(double))
            return value switch
            {
                long number => (double)number,
                double number when double.IsFinite(number) => number,
                // Numbers with a fraction are embedded in checkpoints as text: see ConfigValues.
                string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
                _ => throw Wrong("a number"),
            };
        if (type == typeof(bool))
            return value is bool flag ? flag : throw Wrong("true or false");
        if (type == typeof(string))
            return value is string name ? name : throw Wrong("a name");
        if (type == typeof(IntList))
            return value is PlainList { Count: <= 256 } list && list.All(item => item is long and >= int.MinValue and <= int.MaxValue)
                ? IntList.Create([.. list.Select(item => (int)(long)item!)])
                : throw Wrong("a list of whole numbers");
        return value is PlainDictionary nested ? Overlay(file, nested, current ?? Activator.CreateInstance(type)!, where) : throw Wrong("nested settings");

        CheckpointException Wrong(string expected) =>
            new(file, $"has '{where}: {(value is PlainDictionary ? "…" : Text(value))}' where {expected} belongs", "Correct the setting");
    }

    private static IEnumerable<(string, object?, object?)> Differences(string path, PlainDictionary a, PlainDictionary b)
    {
        foreach (var (key, x) in a)
        {
            var y = b[key];
            var where = path.Length == 0 ? $"{key}" : $"{path}.{key}";
            if (x is PlainDictionary nestedX && y is PlainDictionary nestedY)
                foreach (var difference in Differences(where, nestedX, nestedY))
                    yield return difference;
            else if (Text(x) != Text(y))
                yield return (where, x, y);
        }
    }

    private static OrderedDictionary<string, PropertyInfo> Properties(Type type)
    {
        var result = new OrderedDictionary<string, PropertyInfo>(StringComparer.Ordinal);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            // The kind of attention is told by _target_.
            if (property.CanWrite && !(type == typeof(AttentionConfig) && property.Name == nameof(AttentionConfig.Rope)))
                result.Add(SnakeCaseName.Of(property.Name), property);
        return result;
    }

    private static string Fractional(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    private static string Closest(string key, IEnumerable<string> candidates) => candidates.MinBy(candidate => EditDistance.Between(key, candidate))!;
}
