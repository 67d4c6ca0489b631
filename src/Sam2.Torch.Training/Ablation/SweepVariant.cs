using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.Ablation;

/// <summary>One combination of choices.</summary>
/// <param name="Name">The choices' names, such as <c>memories 4, GRU memory</c>.</param>
/// <param name="Choices">The choice on each axis, by the axis's name; empty for the recipe as it is.</param>
/// <param name="Recipes">The recipe for each seed.</param>
internal sealed record SweepVariant(string Name, IReadOnlyDictionary<string, SweepChoice> Choices, IReadOnlyDictionary<long, Recipe> Recipes);
