using System.Diagnostics;
using System.Security.Cryptography;
using NUnit.Framework;
using Sam2.Cli.Tests.Tools;
using Sam2.Torch.Runtime;
using TestSupport;

namespace Sam2.Cli.Tests;

/// <summary>
/// How the program loads TorchSharp. On Linux with an older C++ library than the one that TorchSharp was built with, all of this goes
/// through a copy (see <see cref="TorchRuntime"/>).
/// </summary>
public class StartTests : FolderTests
{
    [Test]
    public async Task Several_processes_can_start_at_once()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Info(Folder.Path))));
        Assert.That(runs.Select(run => (run.ExitCode, run.Error)), Is.All.EqualTo((ExitCode.Success, "")));
        Assert.That(runs.Select(run => run.Output).Distinct().Count(), Is.EqualTo(1));
        Assert.That(Copies, Is.Empty);
    }

    [Test]
    public void Nothing_is_left_behind_and_nothing_is_changed_beside_the_program()
    {
        var (hashes, files) = (Hashes(), Files());
        Assert.That(hashes, Is.Not.Empty);
        Assert.That(Info(Folder.Path).ExitCode, Is.Zero);
        Assert.That(Hashes(), Is.EqualTo(hashes));
        Assert.That(Files(), Is.EqualTo(files), "so the program may be installed where it can't write");
        Assert.That(Copies, Is.Empty);
    }

    [Test]
    [Platform(Include = "Linux")]
    public void A_folder_for_temporary_files_that_can_not_be_written_is_no_obstacle()
    {
        var run = Info("/proc"); // which not even root can
        Assert.That((run.ExitCode, run.Error), Is.EqualTo((ExitCode.Success, "")));
    }

    [Test]
    [Platform(Include = "Linux")]
    public void An_installation_without_libtorch_says_what_to_install_in_one_line()
    {
        // The program alone: its libraries, but not the native ones.
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll")) File.Copy(file, Folder.At(Path.GetFileName(file)));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "sam2.runtimeconfig.json"), Folder.At("sam2.runtimeconfig.json"));
        var run = Start(Folder.At("sam2.dll"), Path.GetTempPath());
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Error, Does.StartWith("sam2 info: ").And.Contain("libtorch-cpu-linux-x64").And.EndsWith("\n"));
        Assert.That(run.Error.Split('\n'), Has.Length.EqualTo(2));

        // What needs no libtorch works without.
        foreach (var arguments in (string[][])[["--version"], ["--help"], ["completion", "bash"]])
        {
            Assert.That(Script.Run("dotnet", ["exec", Folder.At("sam2.dll"), .. arguments]).ExitCode, Is.Zero, arguments[0]);
        }
    }

    private string[] Copies => Directory.GetDirectories(Folder.Path, "sam2.torch-*");

    private static string[] Hashes() =>
        [.. Directory.GetFiles(AppContext.BaseDirectory, "*LibTorchSharp*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))];

    private static string[] Files() =>
        [.. new DirectoryInfo(AppContext.BaseDirectory).GetFiles("*", SearchOption.AllDirectories).Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc:o}").Order(StringComparer.Ordinal)];

    private static Script Info(string temporaryFolder) => Start(Path.Combine(AppContext.BaseDirectory, "sam2.dll"), temporaryFolder);

    private static Script Start(string program, string temporaryFolder) =>
        Script.Run("dotnet", ["exec", program, "info", RepositoryFiles.At("weights", "sam2.1_hiera_micro.pt")], (ProcessStartInfo start) =>
        {
            foreach (var name in new[] { "TMPDIR", "TEMP", "TMP" }) start.Environment[name] = temporaryFolder;
            start.Environment["DOTNET_EnableDiagnostics"] = "0"; // the runtime would put a pipe for debuggers there
        });
}
