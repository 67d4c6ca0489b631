using System.Reflection;
using System.Text;

namespace Sam2.Torch.Configuration;

/// <summary>
/// <see cref="Sam2Config"/> as a tree in the original's names (<c>image_encoder</c>, <c>_target_</c>, …), which its YAML files
/// and the values embedded in checkpoints share. Every part says by its <c>_target_</c> which class of the original it is.
/// </summary>
public static class ConfigTree
{
    /// <summary>The key that names a component's class in the original's YAML files.</summary>
    public const string Target = "_target_";

    /// <summary>The package of SAM 2's classes.</summary>
    internal const string OriginalPackage = "sam2";

    /// <summary>The package of EfficientTAM's classes, which have the same names in it but for that of the model.</summary>
    internal const string EfficientTamPackage = "efficient_track_anything";

    /// <summary>What EdgeTAM's attention calls the grid of the queries.</summary>
    private const string QSizes = "q_sizes";

    private const string EfficientTamModel = "sam2.modeling.efficienttam_base.EfficientTAMBase";

    /// <summary>Classes that a record may stand for; the first is the one that is written. Those of EfficientTAM stand here as if they were in SAM 2's package.</summary>
    private static readonly Dictionary<Type, string[]> Targets = new()
    {
        [typeof(Sam2Config)] = ["sam2.modeling.sam2_base.SAM2Base", "sam2.sam2_video_predictor.SAM2VideoPredictor", "sam2.sam2_video_predictor.SAM2VideoPredictorVOS", "training.model.sam2.SAM2Train",
            EfficientTamModel, "sam2.efficienttam_video_predictor.EfficientTAMVideoPredictor", "sam2.efficienttam_video_predictor.EfficientTAMVideoPredictorVOS"],
        [typeof(ImageEncoderConfig)] = ["sam2.modeling.backbones.image_encoder.ImageEncoder"],
        [typeof(HieraConfig)] = ["sam2.modeling.backbones.hieradet.Hiera"],
        [typeof(RepViTConfig)] = ["sam2.modeling.backbones.timm.TimmBackbone"],
        [typeof(PerceiverConfig)] = ["sam2.modeling.perceiver.PerceiverResampler"],
        [typeof(ViTConfig)] = ["sam2.modeling.backbones.vitdet.ViT"],
        [typeof(ViTDetNeckConfig)] = ["sam2.modeling.backbones.image_encoder.ViTDetNeck"],
        [typeof(FpnNeckConfig)] = ["sam2.modeling.backbones.image_encoder.FpnNeck"],
        [typeof(PositionEncodingConfig)] = ["sam2.modeling.position_encoding.PositionEmbeddingSine"],
        [typeof(MemoryAttentionConfig)] = ["sam2.modeling.memory_attention.MemoryAttention"],
        [typeof(MemoryAttentionLayerConfig)] = ["sam2.modeling.memory_attention.MemoryAttentionLayer"],
        [typeof(AttentionConfig)] = [.. Enum.GetValues<AttentionKind>().Select(TargetOf)],
        [typeof(MemoryEncoderConfig)] = ["sam2.modeling.memory_encoder.MemoryEncoder"],
        [typeof(MaskDownSamplerConfig)] = ["sam2.modeling.memory_encoder.MaskDownSampler"],
        [typeof(FuserConfig)] = ["sam2.modeling.memory_encoder.Fuser"],
        [typeof(CXBlockConfig)] = ["sam2.modeling.memory_encoder.CXBlock"],
    };

    /// <summary>
    /// Keys of the original that change nothing here: compilation, caches, and where the trunk was pretrained; and those that change
    /// nothing there either, relative positions in EfficientTAM's trunk.
    /// </summary>
    private static readonly HashSet<string> Ignored =
        ["compile_image_encoder", "weights_path", "warmup_cache", "batch_first", "use_act_checkpoint", "use_rel_pos", "rel_pos_zero_init"];

    private static readonly Mapping Records = new();

    /// <summary>The defaults of the original's constructors (<c>SAM2Base</c> and its parts), which apply to settings that a YAML file leaves out.</summary>
    public static Sam2Config OriginalDefaults { get; } = new()
    {
        ImageSize = 512,
        SigmoidScaleForMemEnc = 1,
        SigmoidBiasForMemEnc = 0,
        UseMaskInputAsOutputWithoutSam = false,
        DirectlyAddNoMemEmbed = false,
        UseHighResFeaturesInSam = false,
        MultimaskOutputInSam = false,
        MultimaskMinPtNum = 1,
        MultimaskMaxPtNum = 1,
        MultimaskOutputForTracking = false,
        UseMultimaskTokenForObjPtr = false,
        IouPredictionUseSigmoid = false,
        UseObjPtrsInEncoder = false,
        AddTposEncToObjPtrs = true,
        ProjTposEncInObjPtrs = false,
        UseSignedTposEncToObjPtrs = false,
        OnlyObjPtrsInThePastForEval = false,
        PredObjScores = false,
        PredObjScoresMlp = false,
        FixedNoObjPtr = false,
        UseMlpForObjPtrProj = false,
        NoObjEmbedSpatial = false,
        MemoryAttention = new()
        {
            Layer = new() { SelfAttention = new(), CrossAttention = new() },
        },
        MemoryEncoder = new() { MaskDownsampler = new() { KernelSize = 4, Stride = 4, Padding = 0 } },
    };

    /// <summary>The configuration as a tree of plain values.</summary>
    public static PlainDictionary Of(Sam2Config config) => Records.Of(config);

    /// <summary>
    /// The same without those settings that only this library has and that the configuration doesn't use, and with the names of the
    /// package that has its classes: the original refuses settings that it doesn't know.
    /// </summary>
    public static PlainDictionary ForOriginal(Sam2Config config)
    {
        var tree = ForClass(Of(config));
        var package = config.ImageEncoder.Trunk.Package;
        if (package == OriginalPackage) return tree;
        tree.Set(Target, EfficientTamModel);
        return InPackage(tree, package);
    }

    private static PlainDictionary ForClass(PlainDictionary tree)
    {
        var second = TargetOf(AttentionKind.RoPEAttentionV2).Equals(tree.GetValueOrDefault(Target));
        var known = tree.Where(entry => entry is not ({ Key: "recurrent_memory", Value: false } or { Key: "spatial_perceiver" or "k_sizes", Value: null })
            && !(second && entry.Key is "rope_k_repeat"));
        return new(known.Select(entry => new KeyValuePair<object, object?>(
            second && entry.Key is "feat_sizes" ? QSizes : entry.Key, entry.Value is PlainDictionary nested ? ForClass(nested) : entry.Value)));
    }

    private static PlainDictionary InPackage(PlainDictionary tree, string package) => new(tree.Select(entry => new KeyValuePair<object, object?>(entry.Key, entry switch
    {
        { Key: Target, Value: string target } => package + target[OriginalPackage.Length..],
        { Value: PlainDictionary nested } => InPackage(nested, package),
        _ => entry.Value,
    })));

    private static string TargetOf(AttentionKind kind) => "sam2.modeling.sam.transformer." + (kind == AttentionKind.RoPEAttentionV2 ? "RoPEAttentionv2" : $"{kind}");

    /// <summary>Overlays a tree on a configuration: keys of the tree replace the configuration's, the others stay.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="tree">What stands under <c>model:</c>.</param>
    /// <param name="start">Where the overlay begins.</param>
    /// <exception cref="ConfigurationException">A key is unknown, or a value has another type.</exception>
    public static Sam2Config Overlay(string file, PlainDictionary tree, Sam2Config start) => Records.Overlay(file, tree, start);

    /// <summary>Paths at which two configurations differ, with both values.</summary>
    public static IEnumerable<(string Path, object? A, object? B)> Differences(Sam2Config a, Sam2Config b) => RecordTree.Differences(Of(a), Of(b));

    private sealed class Mapping : RecordTree
    {
        // _target_ tells the kind of attention.
        protected override bool IsSetting(PropertyInfo property) =>
            base.IsSetting(property) && !(property.DeclaringType == typeof(AttentionConfig) && property.Name == nameof(AttentionConfig.Kind));

        protected override string NameOf(PropertyInfo property) => property.Name == nameof(PerceiverConfig.NumLatents2d) ? "num_latents_2d" : base.NameOf(property);

        protected override void AddTo(PlainDictionary tree, object record)
        {
            if (Targets.TryGetValue(record.GetType(), out var targets))
                tree.Set(Target, record is AttentionConfig attention ? TargetOf(attention.Kind) : targets[0]);
        }

        // A trunk or neck of another kind begins with the defaults of its own class.
        protected override object StartOf(Type type, object? current, PlainDictionary tree)
        {
            var target = InOriginalPackage(tree.GetValueOrDefault(Target));
            var kind = Targets.FirstOrDefault(entry => type.IsAssignableFrom(entry.Key) && entry.Value.Contains(target)).Key;
            return base.StartOf(kind ?? type, current, tree);
        }

        protected override bool Take(string file, object record, PropertyInfo? property, string key, object? value, string where)
        {
            if (key == Target)
                SetTarget(file, record, value, where);
            if (key == QSizes && record is AttentionConfig attention)
            {
                var sizes = Overlay(file, new PlainDictionary { ["feat_sizes"] = value }, attention, where[..^(QSizes.Length + 1)]).FeatSizes;
                typeof(AttentionConfig).GetProperty(nameof(AttentionConfig.FeatSizes))!.SetValue(record, sizes);
                return true;
            }
            // The original has null for a mask decoder without settings of its own.
            return key == Target || property is null && Ignored.Contains(key) || value is null && property?.PropertyType == typeof(MaskDecoderConfig);
        }

        private static void SetTarget(string file, object record, object? value, string where)
        {
            var allowed = Targets.GetValueOrDefault(record.GetType(), []);
            var target = InOriginalPackage(value);
            if (target is null || !allowed.Contains(target))
            {
                // What could stand in its place: this record's classes, and those of other records of its kind.
                var kinds = Targets.Where(entry => entry.Key.BaseType != typeof(object) && entry.Key.BaseType == record.GetType().BaseType).SelectMany(entry => entry.Value);
                throw new ConfigurationException(file, $"has '{where}: {PlainYaml.Flow(value)}', which is not supported", $"Supported there: {string.Join(", ", allowed.Union(kinds))}");
            }
            if (record is AttentionConfig)
                typeof(AttentionConfig).GetProperty(nameof(AttentionConfig.Kind))!.SetValue(record, Enum.GetValues<AttentionKind>().First(kind => TargetOf(kind) == target));
        }

        private static string? InOriginalPackage(object? target) =>
            target is not string name ? null : name.StartsWith(EfficientTamPackage + ".", StringComparison.Ordinal) ? OriginalPackage + name[EfficientTamPackage.Length..] : name;
    }
}

/// <summary>
/// Configuration files in the original's format (sam2/configs/*.yaml): settings under <c>model:</c>, nested as the modules
/// are, each with its <c>_target_</c>. Interpolations (<c>${…}</c>), anchors and aliases are not supported.
/// </summary>
public static class ConfigYaml
{
    /// <summary>Reads a complete configuration: settings that it leaves out have the original's defaults.</summary>
    /// <exception cref="ConfigurationException">The file can't be read, or has an unknown or impossible setting.</exception>
    public static Sam2Config Read(string path) => ConfigTree.Overlay(path, ReadModel(path), ConfigTree.OriginalDefaults);

    /// <summary>Writes a configuration so that the original reads it too.</summary>
    /// <exception cref="ConfigurationException">The file can't be written; an existing one is unchanged.</exception>
    public static void Write(string path, Sam2Config config) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Format(config))), e =>
        new ConfigurationException(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder exists, is writable and has room", e));

    /// <summary>The text of a configuration file.</summary>
    public static string Format(Sam2Config config) =>
        "# @package _global_\n\n" + PlainYaml.Format(new PlainDictionary { ["model"] = ConfigTree.ForOriginal(config) });

    /// <summary>What stands under <c>model:</c>, as plain values.</summary>
    internal static PlainDictionary ReadModel(string path)
    {
        var root = PlainYaml.Read(path, "Settings belong under 'model:'");
        if (root.Count != 1 || !root.TryGetValue("model", out var model) || model is not PlainDictionary tree)
            throw new ConfigurationException(path, "has no settings under 'model:' alone",
                "Give a model configuration such as the original's sam2/configs/sam2.1/*.yaml, not one of a training run");
        return tree;
    }
}
