using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Modeling.Adapters;
using Sam2.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Recipes;

/// <summary>The model that is trained.</summary>
public sealed record ModelSettings
{
    /// <summary>
    /// The architecture: the name of a published one (<c>sam2.1_hiera_t</c>, <c>_s</c>, <c>_b+</c>, <c>_l</c>,
    /// <c>sam2.1_hiera_nano</c>) or a YAML file in the original's format. Null: that of <see cref="Checkpoint"/>.
    /// </summary>
    public string? Architecture { get; init; }

    /// <summary>Weights to start from: a file or the name of a published checkpoint. Null: random ones.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>
    /// Whether the checkpoint must have exactly the model's weights. Otherwise those of equal name and shape are taken, and the
    /// others keep their initial values.
    /// </summary>
    public bool Strict { get; init; } = true;

    /// <summary>Settings of the architecture that differ, in the original's names, such as <c>image_size</c> or <c>memory_attention: {num_layers: 2}</c>.</summary>
    public PlainDictionary Settings { get; init; } = PlainDictionary.Empty;

    /// <summary>
    /// The parts that are trained; the others keep their values. If none is named, all of them; with <see cref="Lora"/> or <see cref="Adapter"/>,
    /// only these.
    /// </summary>
    public IReadOnlyList<ModelPart> Trainable { get; init; } = [];

    /// <summary>Low-rank updates that are trained in place of the weights that they change (LoRA); null for none.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>Bottleneck adapters that are trained in place of the modules beside or behind which they stand; null for none.</summary>
    public BottleneckSettings? Adapter { get; init; }

    /// <summary>Patterns of the names of parameters that keep their values, such as <c>image_encoder.*</c>.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];
}

/// <summary>Builds the model that a recipe trains.</summary>
public static class ModelFactory
{
    /// <summary>The architecture that a recipe asks for.</summary>
    /// <param name="settings">The recipe's settings.</param>
    /// <param name="parts">Modules that replace the standard ones, with which the checkpoint may have been trained. None when null.</param>
    /// <exception cref="ConfigurationException">A name or a setting is unknown or impossible.</exception>
    /// <exception cref="CheckpointException">The checkpoint whose architecture is asked for is missing or damaged.</exception>
    public static Sam2Config Configure(ModelSettings settings, Sam2Parts? parts = null)
    {
        var config = settings switch
        {
            { Architecture: { } name } => Named(name),
            { Checkpoint: { } checkpoint } => OfCheckpoint(checkpoint, parts),
            _ => throw new ConfigurationException("model", "names no architecture and no checkpoint", $"Give model.architecture, such as {string.Join(" or ", Sam2Presets.ByName.Keys.Order(StringComparer.Ordinal).Take(2))}"),
        };
        if (settings.Settings.Count == 0)
            return config;
        config = DependentSettings.Follow(ConfigTree.Overlay("model.settings", settings.Settings, config));
        ConfigValidation.Require("model.settings", config);
        return config;
    }

    /// <summary>Builds the model, loads its weights and freezes those that are not trained.</summary>
    /// <param name="settings">The recipe's settings.</param>
    /// <param name="seed">The seed of random weights.</param>
    /// <param name="progress">
    /// Told which weights the checkpoint doesn't have, where it need not fit (<see cref="ModelSettings.Strict"/>) or modules are replaced.
    /// </param>
    /// <param name="parts">Modules that replace the standard ones; they take from the checkpoint what fits. None when null.</param>
    /// <returns>A float32 model on the CPU in training mode, which the caller disposes.</returns>
    /// <exception cref="ConfigurationException">A name or a setting is unknown or impossible.</exception>
    /// <exception cref="CheckpointException">The checkpoint is missing or damaged, or doesn't fit.</exception>
    public static Sam2Model Create(ModelSettings settings, ulong seed, IProgress<string>? progress = null, Sam2Parts? parts = null)
    {
        var config = Configure(settings, parts);
        manual_seed((long)TrainingRandom.For(seed).NextBits());
        var model = ModelLoader.Build("model", config, parts);
        try
        {
            if (settings.Checkpoint is { } name)
                Load(model, name, settings.Strict, progress);
            if (settings is { Lora: not null } or { Adapter: not null })
                model.Attach(new ModelAdapters { Lora = settings.Lora, Bottleneck = settings.Adapter });
            TrainableParts.Apply(model, settings);
            model.train();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static Sam2Config Named(string name)
    {
        if (Sam2Presets.ByName.TryGetValue(name, out var preset))
            return preset;
        if (name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase))
            return ConfigYaml.Read(name);
        throw new ConfigurationException($"model.architecture: {name}", "is neither a published architecture nor a YAML file",
            $"Did you mean '{Spelling.Closest(name, Sam2Presets.ByName.Keys)}'?");
    }

    private static Sam2Config OfCheckpoint(string name, Sam2Parts? parts)
    {
        using var checkpoint = Checkpoint.Open(ModelFiles.Resolve(name));
        return ConfigInference.Infer(checkpoint, parts: parts);
    }

    private static void Load(Sam2Model model, string name, bool strict, IProgress<string>? progress)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(ModelFiles.Resolve(name));
        // Every key begins with nothing: no part has to fit.
        CheckpointLoader.LoadInto(model, checkpoint, strict ? model.Parts.ReplacedKeys : [""]);
        var left = model.state_dict().Where(weight => !checkpoint.StateDict.TryGetValue(weight.Key, out var entry) || !entry.Shape.SequenceEqual(weight.Value.shape))
            .Select(weight => weight.Key).ToList();
        if (left.Count > 0)
            progress?.Report($"{left.Count} weights are not in {name} and keep their initial values: {string.Join(", ", left.Take(5))}{(left.Count > 5 ? ", …" : "")}");
    }
}

/// <summary>The parts of a model that can be trained alone.</summary>
public enum ModelPart
{
    /// <summary>The image encoder: trunk and neck.</summary>
    ImageEncoder,

    /// <summary>The mask decoder, its skip connections included.</summary>
    MaskDecoder,

    /// <summary>The prompt encoder: embeddings of points, boxes and masks.</summary>
    PromptEncoder,

    /// <summary>
    /// Everything that only videos need: memory attention, memory encoder, object pointers, and the embeddings of time, of no memory and of no object.
    /// </summary>
    Memory,
}

/// <summary>Which parameters of a model a recipe trains.</summary>
internal static class TrainableParts
{
    /// <summary>The beginnings of parameters' names that belong to a part; what begins with none of the others' is memory.</summary>
    private static readonly (ModelPart Part, string Start)[] Starts =
    [
        (ModelPart.ImageEncoder, "image_encoder."),
        (ModelPart.MaskDecoder, "sam_mask_decoder."),
        (ModelPart.PromptEncoder, "sam_prompt_encoder."),
    ];

    /// <summary>The part that a parameter belongs to.</summary>
    public static ModelPart PartOf(string name) =>
        Starts.Where(part => name.StartsWith(part.Start, StringComparison.Ordinal)).Select(part => part.Part).DefaultIfEmpty(ModelPart.Memory).First();

    /// <summary>Freezes what a recipe doesn't train.</summary>
    /// <exception cref="ArgumentException">A pattern fits no parameter.</exception>
    public static void Apply(Sam2Model model, ModelSettings settings)
    {
        var parameters = model.named_parameters().ToList();
        var frozen = ParameterGroups.Matching("model.frozen", settings.Frozen, [.. parameters.Select(p => p.name)]);
        // The updates of these layers are trained, whatever part they belong to.
        var updated = model.LoraLayers.Select(layer => layer.Name + ".").ToList();
        foreach (var (name, parameter) in parameters)
            if (frozen.Contains(name) || !IsTrained(name, settings, updated))
                parameter.requires_grad = false;
    }

    private static bool IsTrained(string name, ModelSettings settings, IReadOnlyList<string> updated)
    {
        if (ModelAdapters.IsParameter(name))
            return true;
        if (updated.Any(layer => name.StartsWith(layer, StringComparison.Ordinal)))
            return false;
        var all = settings.Trainable.Count == 0 && settings.Lora is null && settings.Adapter is null;
        return all || settings.Trainable.Contains(PartOf(name));
    }
}
