namespace Sam2.Torch.Training.Recipes;

/// <summary>How the model is measured while it is trained.</summary>
public sealed record ValidationSettings
{
    /// <summary>Steps from one validation to the next; the last step validates too.</summary>
    public int Every { get; init; } = 1000;
}
