using NUnit.Framework;
using Sam2.Fuzz;
using Sam2.Fuzz.Targets;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>
/// Tries again what fuzzing once found (<c>tests/Sam2.Fuzz/Corpus</c>), the well-formed files that inputs are made of, and a few new inputs of each
/// kind. Millions more are tried by <c>tools/fuzz.sh</c>.
/// </summary>
public class FuzzCorpusTests
{
    private const long MostBytes = 500_000;

    private static IEnumerable<string> Targets => FuzzTargets.All.Select(target => target.Name);

    [TestCaseSource(nameof(Targets))]
    public void What_was_found_once_is_read_or_refused_as_documented(string name)
    {
        var target = FuzzTargets.Find(name)!;
        var files = Seeds.Files(Seeds.Folder, target).Concat(Seeds.Files(Seeds.Corpus, target)).ToList();
        Assert.That(files, Is.Not.Empty);
        foreach (var file in files) AssertSound(target, File.ReadAllBytes(file), file);
    }

    [TestCaseSource(nameof(Targets))]
    public void New_inputs_are_read_or_refused_as_documented(string name)
    {
        var target = FuzzTargets.Find(name)!;
        var request = new FuzzRequest(target, Seed: 7, First: 0, Runs: target.UsesThreads ? 3 : 60, Output: "");
        for (long number = 0; number < request.Runs; number++) AssertSound(target, request.Input(number), $"input {number} of seed {request.Seed}");
    }

    [Test]
    public void An_input_depends_on_its_seed_and_number_alone()
    {
        var request = new FuzzRequest(FuzzTargets.Find("coco")!, Seed: 3, First: 0, Runs: 20, Output: "");
        var inOrder = Enumerable.Range(0, 20).Select(number => request.Input(number)).ToList();
        for (var number = 19; number >= 0; number--) Assert.That(request.Input(number), Is.EqualTo(inOrder[number]));
        Assert.That(inOrder.Select(Convert.ToHexString).Distinct().Count(), Is.GreaterThan(15));
        Assert.That((request with { Seed = 4 }).Input(0), Is.Not.EqualTo(inOrder[0]));
    }

    /// <summary>The driver notices what it looks for: each kind of fault, in a reader that has it.</summary>
    [TestCase("undocumented", "InvalidOperationException: ")]
    [TestCase("framework", "words of the framework: ")]
    [TestCase("memory", "memory: ")]
    [TestCase("slow", "slow: ")]
    [TestCase("good", null)]
    [TestCase("refused", null)]
    public void Faults_are_noticed(string kind, string? fault)
    {
        var target = new FuzzTarget("test", "a.txt", (_, _) => Misbehave(kind), typeof(FormatException)) { What = "a test", AllocationBase = 50_000, AllocationPerByte = 1 };
        var verdict = FuzzVerdict.Of(target, "", new byte[10], TimeSpan.MaxValue);
        if (fault is null) Assert.That(verdict.Fault, Is.Null);
        else Assert.That(verdict.Fault, Does.StartWith(fault));
        Assert.That(verdict.Accepted, Is.EqualTo(kind is "good" or "slow" or "memory"));
    }

    [Test]
    public void The_corpus_stays_small()
    {
        var files = Directory.EnumerateFiles(RepositoryFiles.At("tests", "Sam2.Fuzz", "Corpus"), "*", SearchOption.AllDirectories).ToList();
        Assert.That(files.Sum(file => new FileInfo(file).Length), Is.LessThan(MostBytes));
        // Files of a target that was renamed would never be tried again.
        Assert.That(files.Select(file => Path.GetFileName(Path.GetDirectoryName(file))).Distinct(), Is.SubsetOf(Targets));
    }

    private static void Misbehave(string kind)
    {
        switch (kind)
        {
            case "undocumented": throw new InvalidOperationException("Sequence contains no elements");
            case "framework": throw new FormatException("Value cannot be null. (Parameter 'path2')");
            case "refused": throw new FormatException("prompt 'x' is none");
            case "memory": GC.KeepAlive(new byte[100_000]); break;
            case "slow": Thread.Sleep(1100); break;
        }
    }

    private static void AssertSound(FuzzTarget target, byte[] input, string name)
    {
        using var folder = new TemporaryFolder();
        var path = folder[target.FileName];
        File.WriteAllBytes(path, input);
        var verdict = FuzzVerdict.Of(target, path, input, TimeSpan.MaxValue);
        Assert.That(verdict.Fault, Is.Null, $"{target.Name}, {name}: {verdict.Details}");
    }
}
