using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Finds the architecture of a checkpoint. In this order: the YAML file that the caller names; the configuration that the
/// checkpoint carries; a YAML file of the same name beside it; the published architecture whose shapes these are. Whatever
/// the shapes tell is taken from them, so a YAML file for a custom size needs only what they can't tell.
/// </summary>
public static class ConfigInference
{
    /// <summary>The configuration of an open checkpoint.</summary>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="configPath">A YAML file; null to find out.</param>
    /// <exception cref="CheckpointException">The shapes leave something open, or contradict the configuration; the error says what.</exception>
    /// <exception cref="ConfigurationException">The YAML file has an unknown or impossible setting, or too few.</exception>
    public static Sam2Config Infer(Checkpoint checkpoint, string? configPath = null)
    {
        try
        {
            var (config, origin) = Find(checkpoint, configPath);
            RequireAgreement(checkpoint, config, origin);
            ConfigValidation.Require(origin, config);
            return config;
        }
        catch (ConfigurationException e) when (e.File == checkpoint.Path)
        {
            throw new CheckpointException(e.File, e.Cause, e.Remedy, e);
        }
    }

    /// <summary>Name of the published architecture (<see cref="Sam2Presets"/>) whose shapes these are, or null.</summary>
    public static string? PublishedName(Checkpoint checkpoint)
    {
        try
        {
            return Sam2Presets.ByName.FirstOrDefault(preset => ShapeInference.Apply(checkpoint, preset.Value) == preset.Value).Key;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <summary>Where a YAML file beside the checkpoint is looked for: same folder, same name, <c>.yaml</c> or <c>.yml</c>.</summary>
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
        if (PublishedName(checkpoint) is { } name)
            return (Sam2Presets.ByName[name], name);

        var shapes = ShapeInference.Apply(checkpoint, FamilyDefaults(checkpoint));
        var trunk = shapes.ImageEncoder.Trunk;
        throw new CheckpointException(checkpoint.Path,
            $"has a custom architecture (embed_dim {trunk.EmbedDim}, stages {trunk.Stages}, d_model {shapes.HiddenDim}), and its shapes don't tell {string.Join(", ", ShapeInference.Undetermined)}",
            $"Give these settings under 'model:' in {YamlBeside(checkpoint.Path)[0]}, or name a YAML file with --config");
    }

    /// <summary>
    /// A complete file (one that says which class <c>model</c> is) means what the original makes of it. A file without
    /// <c>_target_</c> completes what the shapes tell.
    /// </summary>
    private static Sam2Config FromYaml(Checkpoint checkpoint, string path)
    {
        var tree = ConfigYaml.ReadModel(path);
        if (tree.ContainsKey(ConfigTree.Target))
            return ConfigTree.Overlay(path, tree, ConfigTree.OriginalDefaults);

        var missing = ShapeInference.Undetermined.Where(setting => !RecordTree.Has(tree, setting)).ToList();
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
        if (!RecordTree.Has(tree, "memory_attention.layer.cross_attention.feat_sizes"))
            layer = layer with { CrossAttention = layer.CrossAttention with { FeatSizes = grid } };
        return config with { MemoryAttention = config.MemoryAttention with { Layer = layer } };
    }

    /// <summary>What all published models of the file's version (2.0 or 2.1) have in common.</summary>
    private static Sam2Config FamilyDefaults(Checkpoint checkpoint) =>
        checkpoint.StateDict.ContainsKey("obj_ptr_tpos_proj.weight") ? Sam2Presets.Tiny : Sam2Presets.AsVersion20(Sam2Presets.Tiny);

    private static void RequireAgreement(Checkpoint checkpoint, Sam2Config config, string origin)
    {
        var differences = ConfigTree.Differences(config, ShapeInference.Apply(checkpoint, config)).ToList();
        if (differences.Count == 0)
            return;
        var listed = differences.Take(5).Select(d => $"{d.Path} is {PlainYaml.Flow(d.A)}, the weights have {PlainYaml.Flow(d.B)}");
        throw new CheckpointException(checkpoint.Path,
            $"doesn't fit its configuration ({origin}) in {differences.Count} settings: {string.Join("; ", listed)}{(differences.Count > 5 ? "; …" : "")}",
            "Give the configuration that the file was trained with (--config), or leave it out to have it found");
    }
}
