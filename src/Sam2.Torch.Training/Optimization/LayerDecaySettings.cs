namespace Sam2.Torch.Training.Optimization;

/// <summary>How the learning rate decays towards the first layers of the trunk.</summary>
public sealed record LayerDecaySettings
{
    /// <summary>What each layer's learning rate is of the next one's, in (0, 1].</summary>
    public double Value { get; init; } = 0.9;

    /// <summary>Smallest factor, or null for none.</summary>
    public double? Min { get; init; }

    /// <summary>The part of the model, by the beginning of its parameters' names.</summary>
    public string ApplyTo { get; init; } = "image_encoder.trunk";

    /// <summary>Factors for parameters whose names fit a pattern; the first that fits counts.</summary>
    public IReadOnlyList<LayerDecayOverride> Overrides { get; init; } = [];
}
