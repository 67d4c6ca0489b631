namespace Sam2.Torch.Training.Optimization;

/// <summary>AdamW and its options as a recipe describes them. Defaults are those of the original's fine-tuning recipe.</summary>
public sealed record OptimizerSettings
{
    /// <summary>Learning rates.</summary>
    public IReadOnlyList<OptionSettings> Lr { get; init; } =
    [
        new() { Scheduler = ScheduleKind.Cosine, StartValue = 5e-6, EndValue = 5e-7 },
        new() { Scheduler = ScheduleKind.Cosine, StartValue = 3e-6, EndValue = 3e-7, ParamNames = ["image_encoder.*"] },
    ];

    /// <summary>Weight decay: none for biases and layer normalisations.</summary>
    public IReadOnlyList<OptionSettings> WeightDecay { get; init; } =
    [
        new() { Value = 0.1 },
        new() { Value = 0, ParamNames = ["*bias*"], ModuleClsNames = ["LayerNorm"] },
    ];

    /// <summary>Layer-wise decay of the learning rate; null for none.</summary>
    public LayerDecaySettings? LayerDecay { get; init; } = new() { Overrides = [new() { Pattern = "*pos_embed*" }] };

    /// <summary>Largest norm of all gradients together; larger ones are scaled down. Null for no limit.</summary>
    public double? MaxGradientNorm { get; init; } = 0.1;

    /// <summary>Adam's decay of the mean gradient.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's decay of the mean squared gradient.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to Adam's denominator.</summary>
    public double Eps { get; init; } = 1e-8;
}

/// <summary>
/// A schedule of the learning rate or of weight decay and the parameters that it is for. One entry of a list may name no parameters; it is
/// for all those that the other entries don't name.
/// </summary>
public sealed record OptionSettings : ScheduleSettings
{
    /// <summary>Patterns of parameter names, such as <c>image_encoder.*</c>.</summary>
    public IReadOnlyList<string>? ParamNames { get; init; }

    /// <summary>Classes of modules whose own parameters are included, such as <c>LayerNorm</c>.</summary>
    public IReadOnlyList<string>? ModuleClsNames { get; init; }
}

/// <summary>How the learning rate decays towards the first layers of the trunk.</summary>
public sealed record LayerDecaySettings
{
    /// <summary>Each layer's learning rate as a fraction of the next layer's, in (0, 1].</summary>
    public double Value { get; init; } = 0.9;

    /// <summary>Smallest factor, or null for none.</summary>
    public double? Min { get; init; }

    /// <summary>The part of the model, by the beginning of its parameters' names.</summary>
    public string ApplyTo { get; init; } = "image_encoder.trunk";

    /// <summary>Factors for parameters whose names fit a pattern; the first that fits counts.</summary>
    public IReadOnlyList<LayerDecayOverride> Overrides { get; init; } = [];
}

/// <summary>A factor of the learning rate in place of the layer's.</summary>
public sealed record LayerDecayOverride
{
    /// <summary>Pattern of parameter names, such as <c>*pos_embed*</c>.</summary>
    public string Pattern { get; init; } = "";

    /// <summary>The factor.</summary>
    public double Value { get; init; } = 1;
}
