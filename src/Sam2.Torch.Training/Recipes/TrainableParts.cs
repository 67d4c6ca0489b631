using Sam2.Torch.Modeling;
using Sam2.Torch.Modeling.Adapters;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Recipes;

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
