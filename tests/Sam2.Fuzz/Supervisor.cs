using System.Diagnostics;
using System.Globalization;

namespace Sam2.Fuzz;

/// <summary>
/// Has inputs tried by another process of this program, and begins that process anew where an input ended or stopped it. A crash of native
/// code, a stack overflow and an endless loop are thus faults like any other.
/// </summary>
public static class Supervisor
{
    /// <summary>What the other process returns where not an input but this program is at fault.</summary>
    public const int FlawOfDriver = 99;

    /// <summary>So much computing on one input is an endless loop.</summary>
    private static readonly TimeSpan MostComputing = TimeSpan.FromSeconds(20);

    /// <summary>A process that computes nothing for so long waits for something that never comes.</summary>
    private static readonly TimeSpan MostWaiting = TimeSpan.FromMinutes(10);

    /// <summary>Tries all inputs, in several processes at a time, and reports.</summary>
    /// <param name="request">Which inputs.</param>
    /// <param name="jobs">How many processes; each tries a part of the inputs, which are the same however many there are.</param>
    /// <param name="output">Where the report goes.</param>
    /// <returns>Whether no input was at fault.</returns>
    public static bool ExecuteAll(FuzzRequest request, int jobs, TextWriter output)
    {
        jobs = (int)Math.Clamp(jobs, 1, Math.Max(request.Runs, 1));
        var watch = Stopwatch.StartNew();
        long Begin(int job) => request.First + (request.Runs * job / jobs);
        var parts = new FuzzCounts[jobs];
        Parallel.For(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = jobs }, job => parts[job] = Execute(request with { First = Begin(job), Runs = Begin(job + 1) - Begin(job) }));
        var all = parts.Aggregate(FuzzCounts.Sum);
        Report(request, all, watch.Elapsed, output);
        return all.Faults == 0 && all.Resident <= request.Target.MostResident;
    }

    private static FuzzCounts Execute(FuzzRequest request)
    {
        string folder = Directory.CreateTempSubdirectory("sam2-fuzz-").FullName;
        if (Directory.Exists("/dev/shm"))
        {
            Directory.Delete(folder);
            folder = Directory.CreateDirectory(Path.Combine("/dev/shm", Path.GetFileName(folder))).FullName;
        }

        try
        {
            using var progress = new FuzzProgress(Path.Combine(folder, "progress"));
            long next = request.First, end = request.First + request.Runs;
            while (next < end)
            {
                string? failure = RunChild(request with { First = next, Runs = end - next }, folder, progress);
                if (failure is null)
                {
                    break;
                }

                string path = Path.Combine(folder, request.Target.FileName);
                progress.Faults++;
                progress.Done++;
                Findings.Add(request.Output, request.Target, progress.Trying, File.Exists(path) ? File.ReadAllBytes(path) : [], failure, "");
                next = progress.Trying + 1;
            }

            return progress.Counts;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs the other process to its end; says what was wrong if it didn't get there by itself.</summary>
    private static string? RunChild(FuzzRequest request, string folder, FuzzProgress progress)
    {
        string[] arguments =
        [
            "exec", Path.Combine(AppContext.BaseDirectory, "Sam2.Fuzz.dll"), "--child", request.Target.Name, folder,
            request.Seed.ToString(CultureInfo.InvariantCulture), request.First.ToString(CultureInfo.InvariantCulture), request.Runs.ToString(CultureInfo.InvariantCulture), request.Output,
        ];
        progress.Trying = request.First;
        using var child = Process.Start(new ProcessStartInfo("dotnet", arguments))!;
        var (trying, computed, since) = (-1L, TimeSpan.Zero, Stopwatch.GetTimestamp());
        while (!child.WaitForExit(250))
        {
            child.Refresh();
            var now = ProcessorTime(child) ?? computed;
            if (progress.Trying != trying)
            {
                (trying, computed, since) = (progress.Trying, now, Stopwatch.GetTimestamp());
            }
            else if (now - computed > MostComputing || Stopwatch.GetElapsedTime(since) > MostWaiting)
            {
                child.Kill(entireProcessTree: true);
                child.WaitForExit();
                return $"endless: stopped after {(now - computed).TotalSeconds:0} s of computing";
            }
        }

        return child.ExitCode switch
        {
            0 => null,
            FlawOfDriver => throw new InvalidOperationException("No input could be made; the message is above."),
            var code => $"crash: the process ended with {code}",
        };
    }

    private static TimeSpan? ProcessorTime(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null; // It has ended.
        }
    }

    private static void Report(FuzzRequest request, FuzzCounts progress, TimeSpan elapsed, TextWriter output)
    {
        var target = request.Target;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name}: {progress.Done} inputs, seed {request.Seed}, {progress.Accepted} read, {progress.Done - progress.Accepted} refused, {progress.Faults} at fault; slowest {progress.WorstTime / 1000.0:0.0} ms (input {progress.Slowest}), most allocated {progress.WorstAllocation / 1e6:0.00} MB (input {progress.Largest}), process at most {progress.Resident / 1e6:0} MB; {elapsed.TotalSeconds:0} s"));
        if (progress.Resident > target.MostResident)
        {
            output.WriteLine($"{target.Name}: the process occupied {progress.Resident} bytes, more than the bound of {target.MostResident}");
        }
    }
}
