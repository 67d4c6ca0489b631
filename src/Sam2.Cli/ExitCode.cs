namespace Sam2.Cli;

/// <summary>What the process returns to its caller.</summary>
public static class ExitCode
{
    /// <summary>The command did what was asked.</summary>
    public const int Success = 0;

    /// <summary>The command could not do what was asked.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself was wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The user cancelled (128 + SIGINT, as shells expect it).</summary>
    public const int Cancelled = 130;
}
