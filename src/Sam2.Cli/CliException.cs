using System.Globalization;
using System.Text.RegularExpressions;
using Sam2.Torch.Checkpoints;

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

    /// <summary>What the process returns: <see cref="ExitCode.Failed"/>, or <see cref="ExitCode.Usage"/> where what was asked makes no sense.</summary>
    public int ExitCode { get; init; } = Cli.ExitCode.Failed;
}

/// <summary>Makes one readable line of an exception.</summary>
internal static partial class ErrorLine
{
    private const string LessMemory = "Use a smaller model, smaller pictures, or fewer objects at a time";

    /// <summary>The innermost useful message of an exception, in one line.</summary>
    public static string Of(Exception exception)
    {
        while (exception is AggregateException or System.Reflection.TargetInvocationException && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception switch
        {
            NullReferenceException or IndexOutOfRangeException or InvalidCastException or ArgumentNullException or KeyNotFoundException =>
                $"internal error, {exception.GetType().Name}: {Flatten(exception.Message)} (--verbose shows where)",
            CheckpointException { Download: { } model } missing =>
                $"{missing.File}: {Flatten(missing.Cause)}. Download it: sam2 download {model.Name}, or put {model.Url} into one of these folders.",
            OutOfMemoryException => $"out of memory. {LessMemory}",
            _ when Allocation().Match(exception.Message) is { Success: true } match => $"out of memory: {Size(match)} more were needed at once. {LessMemory}",
            DllNotFoundException or BadImageFormatException =>
                $"a native library can't be loaded: {Flatten(exception.Message)}",
            TypeInitializationException { InnerException: { } cause } => Of(cause),
            _ => Flatten(exception.Message),
        };
    }

    /// <summary>A message in one line, without the native stack that libtorch appends to its messages.</summary>
    public static string Flatten(string message)
    {
        var native = message.IndexOf("\nException raised from ", StringComparison.Ordinal);
        if (native > 0)
        {
            message = message[..native];
        }

        // .NET appends the parameter's name to messages of wrong arguments, which means nothing to people who didn't write the call.
        return LineBreaks().Replace(Parameter().Replace(message, "").Trim(), " ");
    }

    /// <summary>A message of the command line's parser, which names .NET's types and no options, as users would say it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="symbol">The option or argument that it is about, if any.</param>
    public static string OfParser(string message, string? symbol = null)
    {
        var line = Flatten(message).TrimEnd('.');
        if (symbol is not null && Choice().Match(line) is { Success: true } choice)
            return $"{symbol} '{choice.Groups["value"].Value}': give one of {choice.Groups["list"].Value.Replace("' '", ", ", StringComparison.Ordinal)}";
        if (Type().Match(line) is not { Success: true } match) return line;
        var wanted = match.Groups["type"].Value is "Double" or "Single" or "Decimal" ? "a number" : "a whole number that fits";
        return $"{match.Groups["option"].Value} '{match.Groups["value"].Value}' is not {wanted}";
    }

    /// <summary>What libtorch says where it gets no memory: in bytes for the processor's, in rounded units for a GPU's.</summary>
    private static string Size(Match match) => match.Groups["bytes"] is { Success: true } bytes
        ? string.Create(CultureInfo.InvariantCulture, $"{double.Parse(bytes.Value, CultureInfo.InvariantCulture) / 1e6:0} MB")
        : match.Groups["size"].Value;

    [GeneratedRegex(@"DefaultCPUAllocator: (can't allocate|not enough) memory.*?you tried to allocate (?<bytes>\d+) bytes|out of memory\. Tried to allocate (?<size>[\d.]+ [KMGT]?i?B)", RegexOptions.Singleline)]
    private static partial Regex Allocation();

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for (?:option|command|argument) '(?<option>.*)' as expected type .*System\.(?<type>Double|Single|Decimal|U?Int\d+)\b")]
    private static partial Regex Type();

    [GeneratedRegex(@"^Argument '(?<value>.*)' not recognized\. Must be one of: '(?<list>.*)'$")]
    private static partial Regex Choice();

    [GeneratedRegex(@" ?\(Parameter '[^']*'\)(\s*Actual value was [^\r\n]*\.)?")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\s*[\r\n]+\s*")]
    private static partial Regex LineBreaks();
}
