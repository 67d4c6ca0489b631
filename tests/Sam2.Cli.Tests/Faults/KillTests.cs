using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Faults;

/// <summary>
/// Processes that end at any moment, as by <c>kill -9</c> or a power cut: what stands under a final name is whole, and going on ends with
/// the results of a run that nothing disturbed.
/// </summary>
/// <remarks>
/// SAM2_KILLS=200 kills each command 200 times. Without it, those commands are killed twice that have no such test of their own.
/// </remarks>
public class KillTests : FolderTests
{
    /// <summary>After so many, a run is left to end, and its results are compared.</summary>
    private const int KillsInARow = 4;

    private static readonly string? Asked = Environment.GetEnvironmentVariable("SAM2_KILLS");

    private static string Dll => Path.Combine(AppContext.BaseDirectory, "sam2.dll");

    /// <summary>Training and evaluation have tests that kill them: TrainCommandTests, EvalVosCommandTests.</summary>
    private static IEnumerable<string> Commands => KilledCommand.Names.Where(name => Asked is not null || name is not ("train" or "eval"));

    [TestCaseSource(nameof(Commands))]
    public void Killed_at_random_moments_a_command_goes_on_and_ends_as_if_it_had_not_been(string name)
    {
        var wanted = int.TryParse(Asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 2;
        var file = File.ReadAllBytes(RepositoryFiles.Weights("sam2.1_hiera_micro.pt"));
        using var server = new LoopbackServer(request => LoopbackServer.File(file, request) with { Piece = 1 << 15 });
        var command = KilledCommand.Create(name, Folder, server.Url);

        var watch = Stopwatch.StartNew();
        var whole = Directory.CreateDirectory(Folder.At("whole")).FullName;
        using (var process = Start(command, whole)) AssertDone(process);
        var duration = watch.Elapsed;
        var expected = Results(command, whole);
        Assert.That(expected, Is.Not.Empty);

        var random = new Random(Seed: name.Length);
        var (kills, ends, finished) = (0, 0, 0);
        while (kills < wanted)
        {
            var folder = Prepare(command, $"round{ends}");
            for (var i = 0; i < KillsInARow && kills < wanted; i++)
            {
                watch.Restart();
                using var process = Start(command, folder);
                // The first third is the start of .NET, in which nothing is written.
                if (process.WaitForExit(duration * (0.3 + 0.75 * random.NextDouble())))
                {
                    // The machine was busier at first.
                    finished++;
                    if (i == 0 && watch.Elapsed < duration) duration = watch.Elapsed;
                    break;
                }

                process.Kill();
                process.WaitForExit();
                kills++;
                AssertWhole(command, folder, expected);
            }

            using (var process = Start(command, folder)) AssertDone(process);
            Assert.That(Results(command, folder), Is.EqualTo(expected), $"after {kills} kills");
            Assert.That(Leftovers(folder), Is.Empty, $"after {kills} kills");
            Directory.Delete(folder, recursive: true);
            ends++;
        }

        TestContext.Out.WriteLine($"{name}: killed {kills} times within {duration.TotalSeconds:0.0} s; {finished} runs were faster; {ends} runs compared");
    }

    private string Prepare(KilledCommand command, string name)
    {
        var folder = Directory.CreateDirectory(Folder.At(name)).FullName;
        command.Begin(folder);
        return folder;
    }

    /// <summary>Each file that has its final name is the one of the undisturbed run, or at least a complete one where contents change on the way.</summary>
    private static void AssertWhole(KilledCommand command, string folder, Dictionary<string, string> expected)
    {
        foreach (var (file, result) in Results(command, folder))
        {
            Assert.That(expected.Keys, Does.Contain(file), "a file that an undisturbed run doesn't write");
            // A log and the best weights so far grow or change; reading them has shown that they are whole.
            if (Path.GetFileName(file) is not ("log.jsonl" or "best.pt")) Assert.That(result, Is.EqualTo(expected[file]), file);
        }
    }

    /// <summary>The files under final names. What a command only needs to go on has a name of its own.</summary>
    private static Dictionary<string, string> Results(KilledCommand command, string folder) => FilesOf(folder)
        .Where(file => Path.GetFileName(file)[0] != '.' && Path.GetExtension(file) is not (".part" or ".tag" or ".journal") && !file.Contains("tensorboard", StringComparison.Ordinal))
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part[0] == '.'))
        .Where(file => Path.GetFileName(file) != "log.jsonl" || EndsWithALine(file))
        .ToDictionary(file => Path.GetRelativePath(folder, file), command.Result);

    /// <summary>A log is written line by line, and may end in the middle of one; going on removes it.</summary>
    private static bool EndsWithALine(string file) => File.ReadAllText(file).EndsWith('\n');

    private static IEnumerable<string> Leftovers(string folder) => FilesOf(folder).Where(file => Path.GetFileName(file) is ['.', ..] and not ".sam2-run" || Path.GetExtension(file) is ".part" or ".journal");

    private static string[] FilesOf(string folder) => Directory.GetFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });

    private static void AssertDone(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, error.Result);
    }

    private static Process Start(KilledCommand command, string folder)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Dll, .. command.Arguments(folder)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (variable, value) in command.Environment) start.Environment[variable] = value;
        return Process.Start(start)!;
    }
}
