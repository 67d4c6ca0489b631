namespace Sam2.Torch.Training;

/// <summary>A training run can't go on; the message says at which step, on which data and what to do.</summary>
public sealed class TrainingException : Sam2Exception
{
    /// <summary>Creates the exception.</summary>
    public TrainingException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public TrainingException(string message, Exception inner) : base(message, inner)
    {
    }
}
