namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// A schedule of the learning rate or of weight decay and the parameters that it is for. One entry of a list may name no
/// parameters: it is for all that the others leave.
/// </summary>
public sealed record OptionSettings : ScheduleSettings
{
    /// <summary>Patterns of parameter names, such as <c>image_encoder.*</c>.</summary>
    public IReadOnlyList<string>? ParamNames { get; init; }

    /// <summary>Classes of modules whose own parameters are meant too, such as <c>LayerNorm</c>.</summary>
    public IReadOnlyList<string>? ModuleClsNames { get; init; }
}
