namespace Sam2.Cli;

/// <summary>What a command may touch of the outside: its streams, its terminal and the user's wish to stop.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Errors, notes and progress.</param>
/// <param name="ErrorIsTerminal">Whether <paramref name="Error"/> is a terminal, so that progress may be drawn on it.</param>
/// <param name="Cancellation">Cancelled when the user presses Ctrl-C.</param>
public sealed record CommandContext(TextWriter Output, TextWriter Error, bool ErrorIsTerminal, CancellationToken Cancellation);
