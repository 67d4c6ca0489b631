using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Prompts;

namespace Sam2.Torch.Training;

/// <summary>
/// Parts of your own for a <see cref="Trainer"/>, in place of those that the recipe describes. What is null stays as the recipe says.
/// A recipe does not record such parts, so a run must be resumed with the parts that it began with.
/// </summary>
public sealed record TrainerParts
{
    /// <summary>The loss; null for <see cref="MultiStepLoss"/> with the recipe's settings.</summary>
    public ITrainingLoss? Loss { get; init; }

    /// <summary>The simulated user; null for <see cref="UserSimulation"/> with the recipe's settings.</summary>
    public IPromptSimulation? Prompts { get; init; }

    /// <summary>
    /// Makes the forward pass of a model; null for <see cref="TrainingForwardPass"/> with the recipe's settings and
    /// <see cref="Prompts"/>, which a forward pass of your own has to bring itself.
    /// </summary>
    public Func<Sam2Model, IForwardPass>? ForwardPass { get; init; }

    /// <summary>
    /// Keeps the features of pictures while the image encoder is frozen; null for that of the recipe (<see cref="Recipes.Recipe.FeatureCache"/>),
    /// which <see cref="TrainingRun"/> opens. Stays the caller's.
    /// </summary>
    public FeatureCache? Features { get; init; }

    /// <summary>
    /// Modules that replace the model's own, such as another memory encoder; null for those of the recipe's architecture.
    /// <see cref="TrainingRun"/> builds the model with them, and they take from the recipe's checkpoint what fits. A <see cref="Trainer"/>
    /// that is given a model trains the parts that it has.
    /// </summary>
    public Sam2Parts? ModelParts { get; init; }

    /// <summary>
    /// Told of steps, validations and written files; each event goes through them in the order of this list. They stay the caller's.
    /// </summary>
    public IReadOnlyList<ITrainerCallback> Callbacks { get; init; } = [];
}
