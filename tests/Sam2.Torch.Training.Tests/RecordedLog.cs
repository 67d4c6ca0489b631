using Sam2.Torch.Training.Logging;

namespace Sam2.Torch.Training.Tests;

/// <summary>A log that remembers.</summary>
internal sealed class RecordedLog : ITrainerCallback
{
    public List<StepRecord> Steps { get; } = [];

    public List<ValidationRecord> Validations { get; } = [];

    public List<string> Notes { get; } = [];

    public void OnLog(StepRecord record) => Steps.Add(record);

    public void OnValidation(ValidationRecord validation) => Validations.Add(validation);

    public void OnNote(string text) => Notes.Add(text);
}

/// <summary>Progress that remembers.</summary>
internal sealed class RecordedProgress : IProgress<string>
{
    public List<string> Messages { get; } = [];

    public void Report(string value) => Messages.Add(value);
}
