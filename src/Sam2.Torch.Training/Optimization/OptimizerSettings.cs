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
