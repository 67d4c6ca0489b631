using System.Runtime.Versioning;
using NUnit.Framework;

namespace Sam2.Cli.Tests.Tools;

/// <summary>tools/test.sh with a <c>dotnet</c> of the tests' making, whose results each test dictates.</summary>
[Platform("Linux,MacOsX")]
[UnsupportedOSPlatform("windows")]
public class TestScriptTests
{
    private ScriptFolder _folder = null!;

    [SetUp]
    public void CopyTools()
    {
        _folder = new ScriptFolder();
        Directory.CreateDirectory(_folder.At("tests", "One.Tests"));
        Directory.CreateDirectory(_folder.At("tests", "Two.Tests"));
        _folder.Program("ffmpeg", "");
        _folder.Program("ffprobe", "");
        _folder.Program("id", "echo 0");
    }

    [TearDown]
    public void RemoveTools() => _folder.Dispose();

    [Test]
    public void Adds_up_the_projects_and_ends_with_the_sum()
    {
        var run = RunTests("counters total=7 passed=6 failed=0; exit 0");
        Assert.That(run.LastLine, Is.EqualTo("12 passed, 0 failed, 2 skipped"), run.Error);
        Assert.That(run.ExitCode, Is.Zero);
    }

    [Test]
    public void Does_not_mention_skipped_tests_where_there_are_none()
    {
        var run = RunTests("counters total=3 passed=3 failed=0; exit 0");
        Assert.That(run.LastLine, Is.EqualTo("6 passed, 0 failed"), run.Error);
    }

    [TestCase("counters total=3 passed=2 failed=1; exit 1", "4 passed, 2 failed", TestName = "Fails_when_a_test_fails")]
    [TestCase("counters total=0 passed=0 failed=0; exit 0", "0 passed, 2 failed", TestName = "Fails_when_no_test_ran")]
    [TestCase("counters total=3 passed=3 failed=0; exit 134", "6 passed, 2 failed", TestName = "Fails_when_the_test_host_dies_after_passing_tests")]
    [TestCase("exit 1", "0 passed, 2 failed", TestName = "Fails_when_there_are_no_results")]
    public void Fails_unless_tests_ran_and_passed(string project, string summary)
    {
        var run = RunTests(project);
        Assert.That(run.LastLine, Is.EqualTo(summary), run.Error);
        Assert.That(run.ExitCode, Is.Not.Zero);
    }

    [Test]
    public void Fails_when_the_solution_does_not_build()
    {
        var run = RunTests("counters total=3 passed=3 failed=0; exit 0", build: "exit 1");
        Assert.That(run.LastLine, Is.EqualTo("0 passed, 1 failed"), run.Error);
        Assert.That(run.ExitCode, Is.Not.Zero);
    }

    [Test]
    public void Fails_when_the_sdk_is_missing()
    {
        var run = RunTests("exit 0", sdk: "8.0.100 [/somewhere]");
        Assert.That(run.LastLine, Is.EqualTo("0 passed, 1 failed"), run.Error);
        Assert.That(run.Error, Does.Contain(".NET 10 SDK is missing").And.Contain("8.0.100"));
        Assert.That(run.ExitCode, Is.Not.Zero);
    }

    [Test]
    public void Installs_ffmpeg_where_apt_can()
    {
        Without("ffmpeg");
        AptGet("exit 0");
        var run = RunTests("counters total=3 passed=3 failed=0; exit 0");
        Assert.That(run.LastLine, Is.EqualTo("6 passed, 0 failed"), run.Error);
        Assert.That(AptCalls, Is.EqualTo(new[] { "-o DPkg::Lock::Timeout=600 update -qq", "-o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends ffmpeg" }));
    }

    [Test]
    public void Installs_nothing_where_nothing_is_missing()
    {
        AptGet("exit 0");
        RunTests("counters total=3 passed=3 failed=0; exit 0");
        Assert.That(AptCalls, Is.Empty);
    }

    [Test]
    public void Fails_when_ffmpeg_can_not_be_installed()
    {
        Without("ffprobe");
        AptGet("[ \"$1\" = update ]");
        var run = RunTests("counters total=3 passed=3 failed=0; exit 0");
        Assert.That(run.LastLine, Is.EqualTo("0 passed, 1 failed"), run.Error);
        Assert.That(run.Error, Does.Contain("ffmpeg is missing"));
        Assert.That(run.ExitCode, Is.Not.Zero);
    }

    [Test]
    public void Names_ffmpeg_where_there_is_no_apt()
    {
        Without("ffmpeg");
        var run = RunTests("counters total=3 passed=3 failed=0; exit 0");
        Assert.That(run.LastLine, Is.EqualTo("0 passed, 1 failed"), run.Error);
        Assert.That(run.Error, Does.Contain("ffmpeg is missing").And.Contain("package manager"));
    }

    private string[] AptCalls => File.Exists(_folder.At("apt")) ? File.ReadAllLines(_folder.At("apt")) : [];

    private void AptGet(string body)
    {
        _folder.Program("apt-get", $"echo \"$*\" >>'{_folder.At("apt")}'; {body}");
        _folder.Program("id", "echo 1000");
        _folder.Program("sudo", "\"$@\"");
    }

    private void Without(string program)
    {
        _folder.LeaveOnlyBasicPrograms();
        File.Delete(_folder.At("bin", program));
    }

    // The script runs the tests of two projects, and each gets the same answer here.
    private Script RunTests(string test, string build = "exit 0", string sdk = "10.0.100 [/somewhere]")
    {
        _folder.Program("dotnet", $$"""
            counters() {
                mkdir -p "$folder"
                sed 's/\([a-z]*\)=\([0-9]*\)/\1="\2"/g' <<<"<Counters $* executed=1 error=0 />" >"$folder/$name"
            }
            for argument in "$@"; do
                [ "${previous:-}" = --results-directory ] && folder="$argument"
                case "$argument" in trx*) name="${argument#*LogFileName=}" ;; esac
                previous="$argument"
            done
            case "$1" in
                --list-sdks) echo '{{sdk}}' ;;
                build) {{build}} ;;
                test) {{test}} ;;
            esac
            """);
        return _folder.Run("test.sh", []);
    }
}
