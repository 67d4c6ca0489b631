namespace Sam2.Torch.Data;

/// <summary>A data set's files are missing, damaged or contradict each other; the message names the file and the remedy.</summary>
public sealed class DatasetException : IOException
{
    /// <summary>Creates the exception.</summary>
    public DatasetException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public DatasetException(string message, Exception inner) : base(message, inner)
    {
    }
}
