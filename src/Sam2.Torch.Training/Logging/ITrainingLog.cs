namespace Sam2.Torch.Training.Logging;

/// <summary>A place that follows a training run.</summary>
public interface ITrainingLog : IDisposable
{
    /// <summary>Training steps have been taken.</summary>
    void Write(StepRecord record);

    /// <summary>The model has been validated.</summary>
    void Write(ValidationRecord record);

    /// <summary>Something else that is worth a line, such as a checkpoint or a damaged file that was skipped.</summary>
    void Note(string text);
}
