using System.Globalization;
using Sam2.Fuzz;
using Sam2.Fuzz.Targets;

const string Usage = """
    Reads millions of inputs that are damaged or made up, and finds those that end in a crash, an endless loop, too much memory or an exception that nobody documented.

      tools/fuzz.sh TARGET [--runs N] [--seed S] [--first N] [--jobs N] [--output FOLDER]   tries inputs; the same seed and number give the same input
      tools/fuzz.sh all [--runs N]                                               all targets, by default as many inputs as the project wants of each
      tools/fuzz.sh list                                                         the targets
      tools/fuzz.sh TARGET --input FILE [--minimize FILE]                        tries one file, and makes a smaller one with the same fault
    """;

if (args is ["--child", var child, var folder, var childSeed, var first, var count, var findings])
{
    using var progress = new FuzzProgress(Path.Combine(folder, "progress"));
    try
    {
        FuzzRun.Execute(
            new FuzzRequest(FuzzTargets.Find(child)!, ulong.Parse(childSeed, CultureInfo.InvariantCulture), long.Parse(first, CultureInfo.InvariantCulture), long.Parse(count, CultureInfo.InvariantCulture), findings),
            folder, progress);
        return 0;
    }
    catch (Exception e)
    {
        Console.Error.WriteLine(e);
        return Supervisor.FlawOfDriver;
    }
}

if (args is ["list"])
{
    foreach (var known in FuzzTargets.All)
    {
        Console.WriteLine($"{known.Name,-14} {known.What}");
    }

    return 0;
}

FuzzTarget[] targets = args switch
{
    ["all", ..] => [.. FuzzTargets.All],
    [var name, ..] when FuzzTargets.Find(name) is { } one => [one],
    _ => [],
};
string? Option(string name) => Array.IndexOf(args, name) is > 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
bool isKnown = args.Skip(1).Where((_, i) => i % 2 == 0).All(option => option is "--runs" or "--jobs" or "--seed" or "--first" or "--output" or "--input" or "--minimize") && args.Length % 2 == 1;
if (targets.Length == 0 || !isKnown)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

if (Option("--input") is { } file)
{
    string scratch = Directory.CreateTempSubdirectory("sam2-fuzz-").FullName;
    try
    {
        string path = Path.Combine(scratch, targets[0].FileName);
        byte[] input = File.ReadAllBytes(file);
        File.WriteAllBytes(path, input);
        var verdict = FuzzVerdict.Of(targets[0], path, input, TimeSpan.Zero);
        Console.WriteLine($"{(verdict.Accepted ? "read" : "refused")} in {verdict.Time.TotalMilliseconds:0.0} ms, {verdict.Allocated} bytes allocated; {verdict.Fault ?? "no fault"}\n{verdict.Details}");
        if (Option("--minimize") is { } smaller)
        {
            File.WriteAllBytes(smaller, Minimizer.Minimize(targets[0], path, input));
        }

        return verdict.Fault is null ? 0 : 1;
    }
    finally
    {
        Directory.Delete(scratch, recursive: true);
    }
}

ulong seed = ulong.Parse(Option("--seed") ?? "1", CultureInfo.InvariantCulture);
int jobs = int.Parse(Option("--jobs") ?? "1", NumberStyles.None, CultureInfo.InvariantCulture);
bool isClean = true;
foreach (var target in targets)
{
    long runs = Option("--runs") is { } wanted ? long.Parse(wanted, CultureInfo.InvariantCulture) : target.Wanted;
    var request = new FuzzRequest(target, seed, long.Parse(Option("--first") ?? "0", CultureInfo.InvariantCulture), runs, Path.GetFullPath(Option("--output") ?? Path.Combine("artifacts", "fuzz")));
    isClean &= Supervisor.ExecuteAll(request, jobs, Console.Out);
}

return isClean ? 0 : 1;
