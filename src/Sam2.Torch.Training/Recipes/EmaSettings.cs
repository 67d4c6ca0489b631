namespace Sam2.Torch.Training.Recipes;

/// <summary>An exponential moving average of the weights, which is what is validated and saved then.</summary>
public sealed record EmaSettings
{
    /// <summary>How much of the average each step keeps, in [0, 1).</summary>
    public double Decay { get; init; } = 0.999;
}
