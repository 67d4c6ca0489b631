namespace Sam2.Torch.Training.Logging;

/// <summary>Several logs as one.</summary>
/// <param name="logs">The logs, which it owns.</param>
public sealed class TrainingLogs(params IReadOnlyList<ITrainingLog> logs) : ITrainingLog
{
    /// <inheritdoc/>
    public void Write(StepRecord record)
    {
        foreach (var log in logs)
            log.Write(record);
    }

    /// <inheritdoc/>
    public void Write(ValidationRecord record)
    {
        foreach (var log in logs)
            log.Write(record);
    }

    /// <inheritdoc/>
    public void Note(string text)
    {
        foreach (var log in logs)
            log.Note(text);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var log in logs)
            log.Dispose();
    }
}
