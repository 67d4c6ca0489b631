using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Logging;

namespace Sam2.Torch.Training;

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
