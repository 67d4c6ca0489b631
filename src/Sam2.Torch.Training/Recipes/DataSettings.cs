namespace Sam2.Torch.Training.Recipes;

/// <summary>What is trained on and what is validated on.</summary>
public sealed record DataSettings
{
    /// <summary>Sources of training batches; every step takes its batch from one of them.</summary>
    public IReadOnlyList<BatchSettings> Train { get; init; } = [];

    /// <summary>What the model is measured on.</summary>
    public ValidationDataSettings Validation { get; init; } = new();

    /// <summary>Batches that are made ahead, in the background.</summary>
    public int Ahead { get; init; } = 2;
}
