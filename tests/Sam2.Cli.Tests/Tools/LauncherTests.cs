using System.Runtime.Versioning;
using NUnit.Framework;

namespace Sam2.Cli.Tests.Tools;

/// <summary>tools/sam2 with a <c>dotnet</c> of the tests' making that notes when it builds.</summary>
[Platform("Linux,MacOsX")]
[UnsupportedOSPlatform("windows")]
public class LauncherTests
{
    private ScriptFolder _folder = null!;

    [SetUp]
    public void CreateSources()
    {
        _folder = new ScriptFolder();
        Directory.CreateDirectory(_folder.At("src", "Sam2.Cli"));
        File.WriteAllText(_folder.At("src", "Sam2.Cli", "Program.cs"), "");
        Directory.CreateDirectory(_folder.At("weights"));
        foreach (var name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "weights/manifest.json" })
        {
            File.WriteAllText(_folder.At(name), "");
        }

        foreach (var file in Directory.GetFileSystemEntries(_folder.At("src"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }

        Dotnet(build: "true");
    }

    [TearDown]
    public void RemoveSources() => _folder.Dispose();

    [Test]
    public void Builds_on_first_use_only()
    {
        Assert.That(Sam2("info").Error, Does.Contain("building"));
        Assert.That(Sam2("info").Error, Is.Empty);
        Assert.That(Builds, Is.EqualTo(1));
    }

    [Test]
    public void Builds_again_when_a_source_file_changes()
    {
        Sam2("info");
        File.SetLastWriteTimeUtc(_folder.At("src", "Sam2.Cli", "Program.cs"), DateTime.UtcNow.AddSeconds(5));
        Sam2("info");
        Assert.That(Builds, Is.EqualTo(2));
    }

    [Test]
    public void Builds_again_when_a_source_file_is_removed()
    {
        Sam2("info");
        File.Delete(_folder.At("src", "Sam2.Cli", "Program.cs"));
        Directory.SetLastWriteTimeUtc(_folder.At("src", "Sam2.Cli"), DateTime.UtcNow.AddSeconds(5));
        Sam2("info");
        Assert.That(Builds, Is.EqualTo(2));
    }

    [Test]
    public void Builds_again_for_another_device()
    {
        Sam2("info");
        _folder.Run("sam2", ["info"], ("TorchDevice", "cuda"));
        _folder.Run("sam2", ["info"], ("TorchDevice", "cuda"));
        Assert.That(Builds, Is.EqualTo(2));
        Sam2("info");
        Assert.That(Builds, Is.EqualTo(3));
    }

    [Test]
    public void Passes_arguments_and_exit_code()
    {
        var run = Sam2("segment", "my picture.jpg", "--point", "1,2", "");
        Assert.That(run.Output, Is.EqualTo("<segment><my picture.jpg><--point><1,2><>\n"));
        Assert.That(run.ExitCode, Is.EqualTo(7));
    }

    [Test]
    public void A_failed_build_shows_the_compilers_words_and_is_tried_again()
    {
        Dotnet(build: "echo 'Program.cs: error CS0000'; exit 1");
        var run = Sam2("info");
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Error, Does.Contain("CS0000").And.Contain("the build failed"));
        Dotnet(build: "true");
        Assert.That(Sam2("info").ExitCode, Is.EqualTo(7));
    }

    private int Builds => File.Exists(_folder.At("builds")) ? File.ReadAllLines(_folder.At("builds")).Length : 0;

    private Script Sam2(params string[] arguments) => _folder.Run("sam2", arguments);

    private void Dotnet(string build) => _folder.Program("dotnet", $$"""
        case "$1" in
            --list-sdks) echo '10.0.100 [/somewhere]' ;;
            build)
                echo build >>'{{_folder.At("builds")}}'
                {{build}}
                output='{{_folder.At("artifacts", "bin", "Sam2.Cli", "release")}}'
                mkdir -p "$output"; touch "$output/sam2.dll" ;;
            exec) shift 2; printf '<%s>' "$@"; echo; exit 7 ;;
        esac
        """);
}
