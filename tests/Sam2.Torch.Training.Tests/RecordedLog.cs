using Sam2.Torch.Training.Logging;

namespace Sam2.Torch.Training.Tests;

/// <summary>A log that remembers.</summary>
internal sealed class RecordedLog : ITrainingLog
{
    public List<StepRecord> Steps { get; } = [];

    public List<ValidationRecord> Validations { get; } = [];

    public List<string> Notes { get; } = [];

    public void Write(StepRecord record) => Steps.Add(record);

    public void Write(ValidationRecord record) => Validations.Add(record);

    public void Note(string text) => Notes.Add(text);

    public void Dispose()
    {
    }
}

/// <summary>Progress that remembers.</summary>
internal sealed class RecordedProgress : IProgress<string>
{
    public List<string> Messages { get; } = [];

    public void Report(string value) => Messages.Add(value);
}
