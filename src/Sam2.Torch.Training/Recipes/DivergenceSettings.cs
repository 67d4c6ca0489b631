namespace Sam2.Torch.Training.Recipes;

/// <summary>When a run stops because it goes wrong. It always does when the loss or the gradients are not finite.</summary>
public sealed record DivergenceSettings
{
    /// <summary>Stop when losses are this many times their running mean; null for never.</summary>
    public double? LossFactor { get; init; } = 100;

    /// <summary>Batches before the running mean counts.</summary>
    public int WarmUp { get; init; } = 100;

    /// <summary>
    /// How many batches in a row must be that bad; 1 or more. One alone says nothing: where the model takes a visible object for absent,
    /// the mask's logits are -1024, so its loss is a thousand times the usual one, though it has no gradient.
    /// </summary>
    public int Patience { get; init; } = 5;
}
