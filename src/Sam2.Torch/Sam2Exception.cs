namespace Sam2.Torch;

/// <summary>
/// The base of what this library throws when something from outside is at fault: a file, a setting, a system. Its message names the
/// thing, the value and the remedy. Wrong arguments of a call are <see cref="ArgumentException"/> as everywhere in .NET.
/// </summary>
/// <param name="message">What is wrong and what to do about it.</param>
/// <param name="inner">The exception that revealed it, if any.</param>
public abstract class Sam2Exception(string message, Exception? inner = null) : Exception(message, inner);
