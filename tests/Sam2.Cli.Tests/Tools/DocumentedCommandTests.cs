using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>
/// Runs the commands that the documents show, block by block, as a reader would paste them: by bash, through the real tools/sam2, in a
/// folder that has what they name (<see cref="CommandScratch"/>). A download finds its file already there; how files are transferred is
/// tested in CheckpointDownloadTests, with a server of its own.
/// </summary>
[Platform("Linux,MacOsX")]
[UnsupportedOSPlatform("windows")]
public partial class DocumentedCommandTests
{
    private static readonly string[] Documents =
        ["README.md", "CONTRIBUTING.md", "weights/README.md", .. Directory.GetFiles(RepositoryFiles.At("docs"), "*.md").Select(file => "docs/" + Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>What differs from the documents: no test has a GPU, days of time, or a folder /data.</summary>
    private static readonly (Regex Shown, string Run)[] Substitutions =
    [
        (new(@"--device cuda( --precision bf16)?"), "--device cpu"),
        (new(@"(?<=[ =])/data/"), "data/"),
        (new(@"--project src/"), $"--project {RepositoryFiles.Root}/src/"),
        (new(@"(?<=procedural:.*count=)\d+"), "1"),
        (new(@"(?<=procedural:.*[,;]frames=)\d+"), "8"),
        (new(@"(?m)^(tools/sam2 train .*recipes/finetune\.yaml.*?)(?=\s*(#.*)?$)"), "$1 --set device=cpu --set precision=fp32 --set model.architecture=sam2.1_hiera_micro --set data.train.0.frames=2"),
        (new(@"(?m)^(tools/sam2 (?:train|ablate) .*?)(?=\s*(#.*)?$)"), "$1 --set steps=2 --set data.train.0.clips=1 --set validation="),
        (new(@"(?<=draw cells )--cells \d+"), "--cells 3 --width 64 --height 64"),
        (new(@"(?m)^(tools/sam2 finetune .*?)(?=\s*(#.*)?$)"), "$1 --steps 1"),
        (new(@"(?<=bench )--random sam2\.1_hiera_t --curves"), "--random sam2.1_hiera_nano --steps 2 --curves"),
        (new(@"(?<=bench )--random sam2\.1_hiera_t --video"), "--random sam2.1_hiera_nano --frames 1 --video"),
        (new(@"(?m)^(tools/sam2 bench .*?)(?=\s*(#.*)?$)"), "$1 --repeat 1"),
        (new(@"(?m)^(tools/sam2 compare .*?)(?=\s*(#.*)?$)"), "$1 --repeat 1 --points-per-side 2 --limit 1"),
        (new(@"--project benchmarks/Sam2\.Benchmarks --"), $"--project {RepositoryFiles.Root}/benchmarks/Sam2.Benchmarks -- --tiny"),
    ];

    /// <summary>Commands that run in other places: for each, the file that says so, and its words there.</summary>
    private static readonly Dictionary<string, (string File, string Words)> Elsewhere = new()
    {
        ["dotnet build Sam2.Torch.sln -c Release"] = (".github/workflows/ci.yml", "dotnet build Sam2.Torch.sln -c Release"),
        ["dotnet test Sam2.Torch.sln -c Release"] = (".github/workflows/ci.yml", "dotnet test Sam2.Torch.sln -c Release"),
        ["dotnet test tests/Sam2.Torch.Tests -c Release --filter FullyQualifiedName~Hiera"] = ("tools/test.sh", "dotnet test \"$path\" -c Release"),
        ["tools/test.sh"] = (".ci/run", "tools/test.sh"),
        ["tools/test.sh --fast"] = (".ci/run", "tools/test.sh"),
        [".ci/run"] = (".ci/run", "What continuous integration runs"),
        ["dotnet format Sam2.Torch.sln"] = (".github/workflows/ci.yml", "dotnet format style Sam2.Torch.sln"),
        ["dotnet pack Sam2.Torch.sln -c Release -o artifacts/packages"] = (".github/workflows/ci.yml", "dotnet pack Sam2.Torch.sln -c Release -o artifacts/packages"),
        ["dotnet tool restore"] = (".github/workflows/ci.yml", "dotnet tool restore"),
        ["dotnet docfx docs/docfx.json"] = (".github/workflows/ci.yml", "dotnet docfx docs/docfx.json"),
        ["dotnet list Sam2.Torch.sln package --vulnerable --include-transitive"] =
            (".github/workflows/ci.yml", "dotnet list Sam2.Torch.sln package --vulnerable --include-transitive"),
        // Minutes, where a test has seconds: FuzzCorpusTests tries a few inputs of each target.
        ["tools/fuzz.sh list"] = ("tools/fuzz.sh", "tools/fuzz.sh list"),
        ["tools/fuzz.sh coco --runs 100000 --seed 1"] = ("tools/fuzz.sh", "[--runs N] [--seed S]"),
        ["tools/fuzz.sh all"] = ("tools/fuzz.sh", "tools/fuzz.sh TARGET|all"),
        ["tools/publish.sh"] = (".github/workflows/ci.yml", "tools/publish.sh"),
    };

    private static readonly string[] Runnable = ["tools/sam2 ", "tools/demo.sh", "dotnet run --no-build "];

    private CommandScratch _scratch = null!;

    [OneTimeSetUp]
    public void CreateScratch()
    {
        _scratch = new CommandScratch();
        // Builds where that hasn't been done: what `dotnet run --no-build` needs.
        var version = Script.Run("bash", [RepositoryFiles.At("tools", "sam2"), "--version"]);
        Assert.That(version.ExitCode, Is.Zero, version.Error);
    }

    [OneTimeTearDown]
    public void RemoveScratch() => _scratch.Dispose();

    [TestCaseSource(nameof(Blocks))]
    public void Commands_run_as_they_are_written(CommandBlock block)
    {
        foreach (var command in block.Commands)
        {
            Assert.That(
                IsKnown(command), $"{block}: this test doesn't know how to run '{command}'. Give it what it needs ({nameof(CommandScratch)}, {nameof(Runnable)}), "
                + $"name where it runs ({nameof(Elsewhere)}), or, if it isn't a command, give the block a language, such as ```text.");
        }

        var folder = _scratch.Create();
        var script = Substitutions.Aggregate(WithoutElsewhere(block.Text), (text, rule) => rule.Shown.Replace(text, rule.Run));
        File.WriteAllText(Path.Combine(folder, "block.sh"), script + "\n");
        // -v repeats each line before it runs, -e ends with the first that fails.
        var run = Script.Run("bash", ["-evu", "block.sh"], (ProcessStartInfo start) =>
        {
            start.WorkingDirectory = folder;
            start.Environment[ModelFiles.Variable] = _scratch.Published;
            start.Environment.Remove("TorchDevice");
        });
        Assert.That(run.ExitCode, Is.Zero, $"{block}: the last of these commands failed. If it names a file that isn't there, add it to {nameof(CommandScratch)}.\n{run.Error}");
        TestContext.Out.WriteLine(run.Output);
    }

    [Test]
    public void Commands_that_run_elsewhere_do()
    {
        var shown = Documents.SelectMany(CommandBlock.Read).SelectMany(block => block.Commands).ToHashSet();
        foreach (var (command, (file, words)) in Elsewhere)
        {
            Assert.That(File.ReadAllText(RepositoryFiles.At(file)), Does.Contain(words), $"{file} runs '{command}'");
            Assert.That(shown, Does.Contain(command), "no document shows it any more: remove it from the list");
        }
    }

    [TestCaseSource(nameof(Documents))]
    public void Links_lead_to_files(string document)
    {
        var folder = Path.GetDirectoryName(RepositoryFiles.At(document))!;
        foreach (Match link in Link().Matches(File.ReadAllText(RepositoryFiles.At(document))))
        {
            var path = Path.Combine(folder, link.Groups["path"].Value);
            Assert.That(File.Exists(path) || Directory.Exists(path), $"{document}: {link.Value}");
        }
    }

    private static IEnumerable<TestCaseData> Blocks() => Documents.SelectMany(CommandBlock.Read).Where(block => !block.Commands.All(Elsewhere.ContainsKey))
        .Select(block => new TestCaseData(block).SetArgDisplayNames(block.ToString()));

    private static bool IsKnown(string command) =>
        Elsewhere.ContainsKey(command) || Runnable.Any(start => command.StartsWith(start, StringComparison.Ordinal)) || Assignment().IsMatch(command);

    private static string WithoutElsewhere(string text) => string.Join('\n', text.Split('\n').Select(line =>
        new CommandBlock("", 0, line).Commands.Any() && new CommandBlock("", 0, line).Commands.All(Elsewhere.ContainsKey) ? "" : line));

    [GeneratedRegex(@"^[A-Z]+=\S+$")]
    private static partial Regex Assignment();

    // Other than those that lead to the web or to a heading.
    [GeneratedRegex(@"\]\((?!https?:|#)(?<path>[^)#]+)(#[^)]*)?\)")]
    private static partial Regex Link();
}
