namespace Sam2.Torch;

/// <summary>
/// The base of what this library throws when something from outside is at fault: a file, a setting, a system. Its message names the
/// thing, the value and the remedy. Wrong arguments of a call are <see cref="ArgumentException"/> as everywhere in .NET.
/// </summary>
/// <param name="message">What is wrong and what to do about it.</param>
/// <param name="inner">The exception that revealed it, if any.</param>
public abstract class Sam2Exception(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The base of errors in three parts: where something is wrong, what is wrong, and what to do about it.</summary>
public abstract class RemedyException : Sam2Exception
{
    /// <summary>Describes a failure.</summary>
    /// <param name="file">The file, as the caller named it, or the part of a recipe that is wrong.</param>
    /// <param name="cause">What is wrong with it, a sentence without a full stop.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that revealed it, if any.</param>
    protected RemedyException(string file, string cause, string remedy, Exception? inner)
        : base(remedy.Length == 0 ? $"{file}: {cause}." : $"{file}: {cause}. {remedy}{(remedy[^1] == '?' ? "" : ".")}", inner) =>
        (File, Cause, Remedy) = (file, cause, remedy);

    /// <summary>The file, as the caller named it, or the part of a recipe.</summary>
    public string File { get; }

    /// <summary>What is wrong with it.</summary>
    public string Cause { get; }

    /// <summary>What the user can do; empty if there is nothing to add.</summary>
    public string Remedy { get; }
}
