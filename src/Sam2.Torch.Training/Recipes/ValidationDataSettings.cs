using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Training.Recipes;

/// <summary>What the model is measured on.</summary>
public sealed record ValidationDataSettings
{
    /// <summary>Videos on which objects are followed; null for none.</summary>
    public DatasetSettings? Videos { get; init; }

    /// <summary>How objects of videos are given.</summary>
    public IReadOnlyList<PromptKind> Prompts { get; init; } = [PromptKind.Click1, PromptKind.Mask];

    /// <summary>Images that are segmented interactively; null for none.</summary>
    public DatasetSettings? Images { get; init; }

    /// <summary>Numbers of clicks on images after which the mask is measured.</summary>
    public IReadOnlyList<int> Clicks { get; init; } = [1, 5];

    /// <summary>Whether there is nothing to measure on.</summary>
    internal bool IsEmpty => Videos is null && Images is null;
}
