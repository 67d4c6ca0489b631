using System.Runtime.Versioning;
using NUnit.Framework;

namespace Sam2.Cli.Tests.Tools;

/// <summary>tools/setup.sh on machines of the tests' making: their package manager, their system files.</summary>
[Platform("Linux,MacOsX")]
[UnsupportedOSPlatform("windows")]
public class SetupScriptTests
{
    private ScriptFolder _folder = null!;

    [SetUp]
    public void CreateMachine()
    {
        _folder = new ScriptFolder();
        _folder.Program("dotnet", "echo '10.0.100 [/somewhere]'");
        _folder.Program("sudo", "\"$@\"");
        _folder.Program("nvidia-smi", "exit 1");
        _folder.Program("apt-get", $"echo \"$*\" >>'{_folder.At("apt")}'; [ \"$1\" = update ] && touch '{_folder.At("lists")}'; exit 0");
        _folder.Program("dpkg-query", "echo installed");
        _folder.Program("dpkg", "[ \"$(printf '%s\\n' \"$2\" \"$4\" | sort -V | head -n 1)\" = \"$4\" ]");
        Candidate("1.13.1+dfsg-4");
        Machine("ID=debian");
    }

    [TearDown]
    public void RemoveMachine() => _folder.Dispose();

    [TestCase("ID=debian")]
    [TestCase("ID=ubuntu\nID_LIKE=debian")]
    [TestCase("ID=linuxmint\nID_LIKE=\"ubuntu debian\"")]
    public void Debian_and_its_kin_get_their_own_libtorch(string release)
    {
        Machine(release);
        var run = Setup();
        Assert.That(run.Error, Does.Contain("stack: system").And.Contain("1.13.1"));
        Assert.That(ChosenStack, Is.EqualTo("TorchStack=system\n"));
    }

    [Test]
    public void Too_old_a_libtorch_means_nuget()
    {
        Candidate("1.8.1-1");
        Assert.That(Setup().Error, Does.Contain("stack: nuget, cpu").And.Contain("1.8.1"));
        Assert.That(ChosenStack, Is.EqualTo("TorchStack=nuget\nTorchDevice=cpu\n"));
    }

    [Test]
    public void A_distribution_without_the_package_means_nuget()
    {
        Candidate("(none)");
        Assert.That(Setup().Error, Does.Contain("stack: nuget"));
    }

    [Test]
    public void Another_system_means_nuget_and_leaves_the_package_manager_alone()
    {
        Machine("ID=fedora");
        Assert.That(Setup().Error, Does.Contain("stack: nuget"));
        Assert.That(AptCalls, Is.Empty);
    }

    [Test]
    public void Package_lists_are_fetched_where_there_are_none_yet()
    {
        _folder.Program("apt-cache", $"[ -e '{_folder.At("lists")}' ] && echo '  Candidate: 2.6.0+dfsg-7' || true");
        Assert.That(Setup().Error, Does.Contain("stack: system").And.Contain("2.6.0"));
        Assert.That(AptCalls, Is.EqualTo(new[] { "update -qq" }));
    }

    [Test]
    public void Only_what_is_missing_is_installed()
    {
        _folder.Program("dpkg-query", "case \"$*\" in *libdnnl-dev*) ;; *) echo installed ;; esac");
        Assert.That(Setup().ExitCode, Is.Zero);
        Assert.That(AptCalls, Has.Length.EqualTo(2));
        Assert.That(AptCalls[0], Does.StartWith("update"));
        Assert.That(AptCalls[1], Does.StartWith("install").And.EndsWith(" libdnnl-dev"));
    }

    [Test]
    public void Nothing_is_installed_where_nothing_is_missing()
    {
        Setup();
        Setup();
        Assert.That(AptCalls, Is.Empty);
    }

    [Test]
    public void A_failed_installation_names_the_packages()
    {
        _folder.Program("dpkg-query", "case \"$*\" in *libtorch-dev*) ;; *) echo installed ;; esac");
        _folder.Program("apt-get", "[ \"$1\" = update ]");
        var run = Setup();
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("could not install: libtorch-dev"));
        Assert.That(File.Exists(_folder.At("artifacts", "stack")), Is.False);
    }

    [Test]
    public void The_user_decides_in_the_end()
    {
        Assert.That(Setup("--stack", "nuget").Error, Does.Contain("stack: nuget").And.Contain("--stack"));
        Machine("ID=fedora");
        Assert.That(Setup("--stack=system").Error, Does.Contain("stack: system").And.Contain("--stack"));
    }

    [Test]
    public void A_libtorch_of_the_users_own_goes_first()
    {
        Machine("ID=fedora");
        var run = _folder.Run("setup.sh", [], ("SAM2_SETUP_ROOT", _folder.At("root")), ("LIBTORCH", "/opt/libtorch"));
        Assert.That(run.Error, Does.Contain("stack: system").And.Contain("/opt/libtorch"));
    }

    [TestCase("--stack", "pip")]
    [TestCase("--stack")]
    [TestCase("--stac", "nuget")]
    public void Wrong_arguments_are_refused(params string[] arguments)
    {
        var run = Setup(arguments);
        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Error, Does.Contain("setup.sh:"));
    }

    private string ChosenStack => File.ReadAllText(_folder.At("artifacts", "stack"));

    private string[] AptCalls => File.Exists(_folder.At("apt")) ? File.ReadAllLines(_folder.At("apt")) : [];

    private Script Setup(params string[] arguments) => _folder.Run("setup.sh", arguments, ("SAM2_SETUP_ROOT", _folder.At("root")));

    private void Candidate(string version) => _folder.Program("apt-cache", $"echo '  Candidate: {version}'");

    private void Machine(string release)
    {
        Directory.CreateDirectory(_folder.At("root", "etc"));
        File.WriteAllText(_folder.At("root", "etc", "os-release"), release + "\n");
    }
}
