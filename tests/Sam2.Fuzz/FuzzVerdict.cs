using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sam2.Fuzz;

/// <summary>What became of one input.</summary>
/// <param name="Accepted">Whether it was read without an exception.</param>
/// <param name="Time">How long that took.</param>
/// <param name="Allocated">How many bytes of managed memory it allocated.</param>
/// <param name="Fault">What was wrong, in a line whose beginning up to the first colon names the kind; null if nothing was.</param>
/// <param name="Details">Where it was wrong; empty if nothing was.</param>
public sealed partial record FuzzVerdict(bool Accepted, TimeSpan Time, long Allocated, string? Fault, string Details)
{
    private const int Repetitions = 2;

    /// <summary>Tries an input.</summary>
    /// <param name="target">What reads it.</param>
    /// <param name="path">The file that holds it.</param>
    /// <param name="input">The same.</param>
    /// <param name="suspicious">
    /// Times above this are measured again, and the shortest counts: compilation and other programs take time too.
    /// </param>
    public static FuzzVerdict Of(FuzzTarget target, string path, byte[] input, TimeSpan suspicious)
    {
        var verdict = Once(target, path, input);
        for (int i = 0; i < Repetitions && verdict.Fault is null && (verdict.Time > suspicious || verdict.Time > target.Patience(input.Length)); i++)
        {
            var again = Once(target, path, input);
            verdict = again with { Time = again.Time < verdict.Time ? again.Time : verdict.Time };
        }

        return verdict switch
        {
            { Fault: null } when verdict.Time > target.Patience(input.Length) =>
                verdict with { Fault = $"slow: {verdict.Time.TotalSeconds:0.0} s for {input.Length} bytes" },
            { Fault: null } when verdict.Allocated > target.MostAllocated(input.Length) =>
                verdict with { Fault = $"memory: {verdict.Allocated} bytes allocated for {input.Length}; {target.MostAllocated(input.Length)} are allowed" },
            _ => verdict,
        };
    }

    private static FuzzVerdict Once(FuzzTarget target, string path, byte[] input)
    {
        long Bytes() => target.UsesThreads ? GC.GetTotalAllocatedBytes() : GC.GetAllocatedBytesForCurrentThread();
        long before = Bytes(), start = Stopwatch.GetTimestamp();
        Exception? thrown = null;
        try
        {
            target.Try(path, input);
        }
        catch (Exception e)
        {
            thrown = e;
        }

        var time = Stopwatch.GetElapsedTime(start);
        long allocated = Bytes() - before;
        return thrown switch
        {
            null => new(true, time, allocated, null, ""),
            _ when !target.Allows(thrown) => new(false, time, allocated, $"{thrown.GetType().Name}: {Place(thrown)}", thrown.ToString()),
            _ when FrameworkText().IsMatch(thrown.Message) => new(false, time, allocated, $"words of the framework: {Place(thrown)}", thrown.ToString()),
            _ when string.IsNullOrWhiteSpace(thrown.Message) => new(false, time, allocated, $"no message: {Place(thrown)}", thrown.ToString()),
            _ => new(false, time, allocated, null, ""),
        };
    }

    /// <summary>The innermost line of the project's own code that an exception passed.</summary>
    private static string Place(Exception e) =>
        e.StackTrace?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("at Sam2.", StringComparison.Ordinal) && !line.StartsWith("at Sam2.Fuzz", StringComparison.Ordinal)) ?? "outside";

    /// <summary>What .NET says to programmers, and no user should read.</summary>
    [GeneratedRegex(@"\(Parameter '|Actual value was|Object reference not|\bSystem\.[A-Z]\w+|requires an element of type|Specified argument was out of|Arithmetic operation resulted")]
    private static partial Regex FrameworkText();
}
