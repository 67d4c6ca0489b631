using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;

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
    /// others stay random.
    /// </summary>
    public bool Strict { get; init; } = true;

    /// <summary>Settings of the architecture that differ, in the original's names, such as <c>image_size</c> or <c>memory_attention: {num_layers: 2}</c>.</summary>
    public PlainDictionary Settings { get; init; } = PlainDictionary.Empty;

    /// <summary>Patterns of the names of parameters that keep their values, such as <c>image_encoder.*</c>.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];
}
