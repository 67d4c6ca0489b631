namespace Sam2.Fuzz;

/// <summary>What is asked for.</summary>
/// <param name="Target">What reads the inputs.</param>
/// <param name="Seed">Decides all inputs, together with their numbers.</param>
/// <param name="First">The number of the first input.</param>
/// <param name="Runs">How many inputs are tried.</param>
/// <param name="Output">Where faulty inputs go.</param>
public sealed record FuzzRequest(FuzzTarget Target, ulong Seed, long First, long Runs, string Output)
{
    /// <summary>The input with a number.</summary>
    public byte[] Input(long number)
    {
        var random = new FuzzRandom(Seed ^ (ulong)Target.Name.Sum(c => c * 31L), number);
        return random.Pick(Target.Makers).Make(Target, Seeds.Of(Target), random);
    }
}

/// <summary>Files that inputs are made of.</summary>
public static class Seeds
{
    private static readonly Dictionary<string, IReadOnlyList<byte[]>> Read = [];

    /// <summary>The folder with a folder of well-formed files per target.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Seeds");

    /// <summary>The folder with a folder per target of inputs that once were at fault.</summary>
    public static string Corpus { get; } = Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>
    /// What inputs of a target are made of. Inputs that were at fault are not: the same seed and number give the same input, however many
    /// of them there are.
    /// </summary>
    public static IReadOnlyList<byte[]> Of(FuzzTarget target)
    {
        if (!Read.TryGetValue(target.Name, out var seeds))
        {
            Read[target.Name] = seeds =
            [
                .. Files(Folder, target).Select(File.ReadAllBytes),
                .. target.Examples().Select(System.Text.Encoding.UTF8.GetBytes),
            ];
        }

        return seeds.Count > 0 ? seeds : throw new InvalidOperationException($"There are no seeds in {Path.Combine(Folder, target.Name)}.");
    }

    /// <summary>A target's files in one of the folders.</summary>
    public static IEnumerable<string> Files(string folder, FuzzTarget target) =>
        Path.Combine(folder, target.Name) is var path && Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [];
}

/// <summary>Tries inputs in this process, which a faulty input may end.</summary>
public static class FuzzRun
{
    /// <summary>Tries the inputs of a request, and writes down what is found as it is found.</summary>
    /// <param name="request">Which inputs.</param>
    /// <param name="folder">Where the input that is being tried lies.</param>
    /// <param name="progress">Numbers that the supervisor reads.</param>
    public static void Execute(FuzzRequest request, string folder, FuzzProgress progress)
    {
        const int MeasureResidentEvery = 64;
        var target = request.Target;
        string path = Path.Combine(folder, target.FileName);
        for (long number = request.First; number < request.First + request.Runs; number++)
        {
            byte[] input = request.Input(number);
            // What lies here after a crash is what led to it.
            File.WriteAllBytes(path, input);
            progress.Trying = number;
            var verdict = FuzzVerdict.Of(target, path, input, TimeSpan.FromMicroseconds(Math.Max(progress.WorstTime, 5_000)));
            progress.Done++;
            progress.Accepted += verdict.Accepted ? 1 : 0;
            if (verdict.Time.TotalMicroseconds > progress.WorstTime)
            {
                (progress.WorstTime, progress.Slowest) = ((long)verdict.Time.TotalMicroseconds, number);
            }

            if (verdict.Allocated > progress.WorstAllocation)
            {
                (progress.WorstAllocation, progress.Largest) = (verdict.Allocated, number);
            }

            if (number % MeasureResidentEvery == 0)
            {
                progress.Resident = Math.Max(progress.Resident, Environment.WorkingSet);
            }

            if (verdict.Fault is { } fault)
            {
                progress.Faults++;
                Findings.Add(request.Output, target, number, input, fault, verdict.Details);
            }
        }
    }
}

/// <summary>Inputs that were at fault, one of each kind.</summary>
public static class Findings
{
    /// <summary>Keeps an input unless there is a shorter one with the same fault.</summary>
    public static void Add(string output, FuzzTarget target, long number, byte[] input, string fault, string details)
    {
        string folder = Path.Combine(output, target.Name);
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, KindOf(fault) + Path.GetExtension(target.FileName));
        if (File.Exists(file) && new FileInfo(file).Length <= input.Length)
        {
            return;
        }

        // Other processes may find the same at the same time.
        Replace(file, input);
        Replace(Path.ChangeExtension(file, ".fault"), System.Text.Encoding.UTF8.GetBytes($"{fault}\ninput {number}\n{details}\n"));
        Console.Error.WriteLine($"{target.Name}: input {number}: {fault}");
    }

    private static void Replace(string file, byte[] content)
    {
        string temporary = $"{file}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>A file's name for all faults of one kind: numbers in the fault don't count.</summary>
    private static string KindOf(string fault)
    {
        string kind = System.Text.RegularExpressions.Regex.Replace(fault.StartsWith("slow", StringComparison.Ordinal) ? "slow" : fault.StartsWith("memory", StringComparison.Ordinal) ? "memory" : fault, "[0-9]+", "");
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(kind)))[..10];
    }
}
