using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Logging;
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

/// <summary>
/// Is told what a <see cref="Trainer"/> does, as it does it: see <see cref="TrainerParts.Callbacks"/>. Every event has a default that
/// does nothing. The logs of a run (<see cref="ConsoleLog"/>, <see cref="JsonLinesLog"/>, <see cref="TensorBoardLog"/>) are callbacks.
/// </summary>
/// <remarks>
/// Events come on the thread that called <see cref="Trainer.Run"/>, each in a dispose scope of its own. A callback may look at the
/// model, but a resumed run repeats an uninterrupted one only if callbacks change nothing. What a callback throws ends the run;
/// an <see cref="OperationCanceledException"/> ends it with a checkpoint, as a cancelled token does.
/// </remarks>
public interface ITrainerCallback
{
    /// <summary>A run begins, or one that was interrupted continues.</summary>
    /// <param name="step">Steps taken so far; 0 for a new run. Later steps of an interrupted run are taken again.</param>
    void OnStart(long step)
    {
    }

    /// <summary>The steps of one log record are complete: as many as the recipe asks for, or fewer at the end of the run.</summary>
    /// <param name="record">Means over these steps.</param>
    void OnLog(StepRecord record)
    {
    }

    /// <summary>The optimizer has taken a step.</summary>
    /// <param name="step">What it found.</param>
    void OnStep(TrainingStep step)
    {
    }

    /// <summary>The model has been validated.</summary>
    /// <param name="validation">The scores.</param>
    void OnValidation(ValidationRecord validation)
    {
    }

    /// <summary>A file with weights has been written.</summary>
    /// <param name="path">The file: one of those of <see cref="TrainingFolder"/>.</param>
    /// <param name="step">Steps taken so far.</param>
    void OnCheckpoint(string path, long step)
    {
    }

    /// <summary>Something happened that people should know, such as where a cancelled run was saved.</summary>
    /// <param name="text">One line.</param>
    void OnNote(string text)
    {
    }
}

/// <summary>A step of the optimizer that has just been taken.</summary>
/// <param name="Step">Steps taken so far, this one included.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Losses">The losses by name, each a mean over the batches of the step.</param>
/// <param name="LearningRate">The largest learning rate of any group at this step.</param>
/// <param name="GradientNorm">Norm of all gradients together, before clipping.</param>
/// <param name="Model">The model with its new weights, in training mode and in the precision of the recipe; stays the trainer's.</param>
public sealed record TrainingStep(
    long Step, long TotalSteps, IReadOnlyDictionary<string, double> Losses, double LearningRate, double GradientNorm, Sam2Model Model);
