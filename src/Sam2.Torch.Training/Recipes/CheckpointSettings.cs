namespace Sam2.Torch.Training.Recipes;

/// <summary>When the state of the run is saved to <c>checkpoint.pt</c>, from which it can be resumed.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Steps from one to the next; the last step and an interruption by the user save too.</summary>
    public int Every { get; init; } = 500;

    /// <summary>Steps whose weights are kept as <c>step_….pt</c>.</summary>
    public IReadOnlyList<long> KeepSteps { get; init; } = [];
}
