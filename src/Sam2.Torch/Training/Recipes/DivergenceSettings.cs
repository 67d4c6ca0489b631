namespace Sam2.Torch.Training.Recipes;

/// <summary>When a run stops because it goes wrong. It always does when the loss or the gradients are not finite.</summary>
public sealed record DivergenceSettings
{
    /// <summary>Stop when a loss is this many times its running mean; null for never.</summary>
    public double? LossFactor { get; init; } = 100;

    /// <summary>Steps before the running mean counts.</summary>
    public int WarmUp { get; init; } = 100;
}
