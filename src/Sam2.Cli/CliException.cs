namespace Sam2.Cli;

/// <summary>A failure that is not a defect: its message, one line that names the thing and the remedy, is all the user needs.</summary>
public sealed class CliException : Exception
{
    /// <summary>Creates a failure.</summary>
    /// <param name="message">One line for the user.</param>
    /// <param name="cause">What caused it; shown with <c>--verbose</c>.</param>
    public CliException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
