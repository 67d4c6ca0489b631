namespace Sam2.Torch.Training.Recipes;

/// <summary>What is logged. The table and <c>log.jsonl</c> always are.</summary>
public sealed record LogSettings
{
    /// <summary>Steps from one record to the next.</summary>
    public int Every { get; init; } = 10;

    /// <summary>Whether event files for TensorBoard are written to <c>tensorboard/</c>.</summary>
    public bool Tensorboard { get; init; } = true;
}
