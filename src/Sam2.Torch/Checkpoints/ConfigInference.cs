using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Finds the architecture of a checkpoint. In this order: the YAML file that the caller names; the configuration that the
/// checkpoint carries; a YAML file of the same name beside it; the <c>config.json</c> beside a checkpoint of transformers; the
/// published architecture that has these shapes. Settings that
/// the shapes determine are taken from them, so a YAML file for a custom size needs only the others.
/// </summary>
public static class ConfigInference
{
    /// <summary>The configuration of an open checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="configPath">A YAML file; null to find the architecture without one.</param>
    /// <param name="parts">
    /// Parts with which the checkpoint was trained; null for the standard ones. What they hide of the architecture is taken from the
    /// configuration that the checkpoint carries.
    /// </param>
    /// <exception cref="CheckpointException">The shapes leave a setting open, or contradict the configuration; the error says which.</exception>
    /// <exception cref="ConfigurationException">The YAML file has an unknown or impossible setting, or too few.</exception>
    public static Sam2Config Infer(Checkpoint checkpoint, string? configPath = null, Sam2Parts? parts = null)
    {
        if (SamConfigInference.Matches(checkpoint))
        {
            throw new CheckpointException(
                checkpoint.Path, "is a model of the first Segment Anything, which has no memory: it makes masks in pictures only",
                "Give a SAM 2 model: tracking, training and evaluation need one");
        }

        try
        {
            var (config, origin) = Find(checkpoint, configPath);
            RequireAgreement(checkpoint, config, origin);
            ConfigValidation.Require(origin, config);
            return config;
        }
        catch (CheckpointException e) when (configPath is null
            && parts?.ReplacedKeys.Any(key => e.Cause.Contains($"'{key}", StringComparison.Ordinal)) == true && ConfigValues.TryRead(checkpoint) is not null)
        {
            var config = ConfigValues.TryRead(checkpoint)!;
            ConfigValidation.Require(checkpoint.Path, config);
            return config;
        }
        catch (ConfigurationException e) when (e.File == checkpoint.Path)
        {
            throw new CheckpointException(e.File, e.Cause, e.Remedy, e);
        }
    }

    /// <summary>
    /// Name of the published architecture (<see cref="Sam2Presets"/>) that has these shapes, or null. Where several have, it is the one
    /// after which the file is named, as <c>efficienttam_s_512x512.pt</c> is, or else the first.
    /// </summary>
    public static string? PublishedName(Checkpoint checkpoint)
    {
        var names = NamesWithShapesOf(checkpoint);
        return NamedLike(checkpoint, names) ?? names.FirstOrDefault();
    }

    /// <summary>The YAML files beside a checkpoint that are looked for: same folder, same name, <c>.yaml</c> or <c>.yml</c>.</summary>
    public static IReadOnlyList<string> YamlBeside(string checkpointPath) =>
        [Path.ChangeExtension(checkpointPath, ".yaml"), Path.ChangeExtension(checkpointPath, ".yml")];

    private static (Sam2Config Config, string Origin) Find(Checkpoint checkpoint, string? configPath)
    {
        if (configPath is not null)
            return (FromYaml(checkpoint, configPath), configPath);
        if (ConfigValues.TryRead(checkpoint) is { } embedded)
            return (embedded, checkpoint.Path);
        if (YamlBeside(checkpoint.Path).FirstOrDefault(File.Exists) is { } beside)
            return (FromYaml(checkpoint, beside), beside);
        if (FromHuggingFace(checkpoint) is { } theirs)
            return theirs;
        var names = NamesWithShapesOf(checkpoint);
        if (names.Count > 1 && NamedLike(checkpoint, names) is null)
        {
            throw new CheckpointException(checkpoint.Path,
                $"has the shapes of {string.Join(", ", names)}, which differ in what no shape tells: the image size, and how memories are attended to",
                $"Begin the file's name with one of these names, or give image_size and memory_attention.layer.cross_attention._target_ under 'model:' in {YamlBeside(checkpoint.Path)[0]}, or in a YAML file that you name as the configuration");
        }
        if (PublishedName(checkpoint) is { } name)
            return (Sam2Presets.ByName[name], name);

        var shapes = ShapeInference.Apply(checkpoint, FamilyDefaults(checkpoint));
        throw new CheckpointException(checkpoint.Path,
            $"has a custom architecture ({shapes.ImageEncoder.Trunk.Summary}; d_model {shapes.HiddenDim}), and its shapes don't tell {string.Join(", ", FamilyOf(checkpoint).Undetermined)}",
            $"Give these settings under 'model:' in {YamlBeside(checkpoint.Path)[0]}, or in a YAML file that you name as the configuration");
    }

    private static (Sam2Config Config, string Origin)? FromHuggingFace(Checkpoint checkpoint)
    {
        if (checkpoint.Layout != CheckpointLayout.HuggingFace)
            return null;
        var start = PublishedName(checkpoint) is { } name ? Sam2Presets.ByName[name] : ShapeInference.Apply(checkpoint, FamilyDefaults(checkpoint));
        return HuggingFaceConfig.TryRead(checkpoint, start) is { } config ? (config, HuggingFaceConfig.Beside(checkpoint.Path)) : null;
    }

    /// <summary>
    /// A complete file (one that says which class <c>model</c> is) means what it means to the original. A file without
    /// <c>_target_</c> adds to what the shapes tell.
    /// </summary>
    private static Sam2Config FromYaml(Checkpoint checkpoint, string path)
    {
        var tree = ConfigYaml.ReadModel(path);
        if (tree.ContainsKey(ConfigTree.Target))
            return ConfigTree.Overlay(path, tree, ConfigTree.OriginalDefaults);

        var missing = FamilyOf(checkpoint).Undetermined.Where(setting => !RecordTree.Has(tree, setting)).ToList();
        if (missing.Count > 0 && PublishedName(checkpoint) is null)
            throw new ConfigurationException(path, $"lacks {string.Join(", ", missing)}, which the shapes of {checkpoint.Path} don't tell", "Add these settings under 'model:'");
        var start = PublishedName(checkpoint) is { } name ? Sam2Presets.ByName[name] : FamilyDefaults(checkpoint);
        var config = ConfigTree.Overlay(path, tree, ShapeInference.Apply(checkpoint, start));
        return WithGrid(tree, config);
    }

    /// <summary>The rotary encodings' grid follows from the image size unless it is given.</summary>
    internal static Sam2Config WithGrid(PlainDictionary tree, Sam2Config config)
    {
        var layer = config.MemoryAttention.Layer;
        IntList grid = [config.ImageEmbeddingSize, config.ImageEmbeddingSize];
        if (!RecordTree.Has(tree, "memory_attention.layer.self_attention.feat_sizes"))
            layer = layer with { SelfAttention = layer.SelfAttention with { FeatSizes = grid } };
        if (!RecordTree.Has(tree, "memory_attention.layer.cross_attention.feat_sizes") && !RecordTree.Has(tree, "memory_attention.layer.cross_attention.q_sizes"))
            layer = layer with { CrossAttention = layer.CrossAttention with { FeatSizes = grid } };
        return config with { MemoryAttention = config.MemoryAttention with { Layer = layer } };
    }

    private static ModelFamily FamilyOf(Checkpoint checkpoint) => ModelFamily.Of(new(checkpoint));

    private static Sam2Config FamilyDefaults(Checkpoint checkpoint) => FamilyOf(checkpoint).Defaults(new(checkpoint));

    /// <summary>The published architectures with a checkpoint's shapes: variants can differ in settings that no shape tells.</summary>
    private static List<string> NamesWithShapesOf(Checkpoint checkpoint)
    {
        try
        {
            return [.. Sam2Presets.ByName.Where(preset => ShapeInference.Apply(checkpoint, preset.Value) == preset.Value).Select(preset => preset.Key)];
        }
        catch (CheckpointException)
        {
            return [];
        }
    }

    /// <summary>The longest of the names with which the file's name begins, on its own or before something that is no letter, digit or underscore; else null.</summary>
    private static string? NamedLike(Checkpoint checkpoint, IReadOnlyList<string> names)
    {
        var file = Path.GetFileNameWithoutExtension(checkpoint.Path);
        return names.Where(name => file.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (file.Length == name.Length || file[name.Length] is not ('_' or >= '0' and <= '9' or >= 'A' and <= 'Z' or >= 'a' and <= 'z')))
            .MaxBy(name => name.Length);
    }

    private static void RequireAgreement(Checkpoint checkpoint, Sam2Config config, string origin)
    {
        var differences = ConfigTree.Differences(config, ShapeInference.Apply(checkpoint, config)).ToList();
        if (differences.Count == 0)
            return;
        var listed = differences.Take(5).Select(d => $"{d.Path} is {PlainYaml.Flow(d.A)}, the weights have {PlainYaml.Flow(d.B)}");
        throw new CheckpointException(checkpoint.Path,
            $"doesn't fit its configuration ({origin}) in {differences.Count} settings: {string.Join("; ", listed)}{(differences.Count > 5 ? "; …" : "")}",
            "Give the configuration that the file was trained with, or none, to have it found");
    }
}

/// <summary>
/// The configuration as plain values, which checkpoints written by this library carry under <see cref="Key"/> beside <c>model</c>. The
/// structure is that of the original's YAML files. Numbers with a fraction are text there: with <c>weights_only=True</c>
/// PyTorch 1.13 reads no floats outside tensors.
/// </summary>
public static class ConfigValues
{
    /// <summary>Name of the entry: <c>config</c>.</summary>
    public const string Key = "config";

    /// <summary>The configuration as plain values.</summary>
    public static PlainDictionary ToPlain(Sam2Config config) => (PlainDictionary)WithoutFractions(ConfigTree.ForOriginal(config))!;

    /// <summary>The entries that make a checkpoint self-describing: <c>{"config": …}</c> and those given.</summary>
    public static PlainDictionary EntriesFor(Sam2Config config, PlainDictionary? others = null) =>
        new([.. (others ?? PlainDictionary.Empty).Where(entry => !entry.Key.Equals(Key)), new(Key, ToPlain(config))]);

    /// <summary>The configuration that a checkpoint carries, or null if it carries none.</summary>
    /// <exception cref="CheckpointException">It carries one that can't be read.</exception>
    public static Sam2Config? TryRead(Checkpoint checkpoint)
    {
        if (!checkpoint.Entries.TryGetValue(Key, out var value))
            return null;
        // safetensors metadata is text: there it is JSON.
        var tree = value as PlainDictionary ?? (value is string text ? PlainJson.TryRead(text) as PlainDictionary : null);
        // Other software may use the same name for something else.
        if (tree is null || !tree.ContainsKey(ConfigTree.Target) || !tree.ContainsKey("image_encoder"))
            return null;
        try
        {
            return ConfigTree.Overlay(checkpoint.Path, tree, ConfigTree.OriginalDefaults);
        }
        catch (ConfigurationException e)
        {
            throw new CheckpointException(e.File, e.Cause, e.Remedy, e);
        }
    }

    private static object? WithoutFractions(object? value) => value switch
    {
        double number when number == Math.Floor(number) && Math.Abs(number) < 1e15 => (long)number,
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        PlainDictionary dictionary => new PlainDictionary(dictionary.Select(entry => new KeyValuePair<object, object?>(entry.Key, WithoutFractions(entry.Value)))),
        _ => value,
    };
}
