using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class InfoCommandTests
{
    [TestCase("sam2.1_hiera_micro")]
    [TestCase("sam2.1-micro")]
    public void Describes_a_checkpoint_by_name(string name)
    {
        var run = CommandLine.Run("info", name);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Value(run, "architecture"), Does.StartWith("sam2.1_hiera_micro"));
        Assert.That(Value(run, "image size"), Is.EqualTo("192 x 192"));
        Assert.That(Value(run, "precision"), Is.EqualTo("fp16"));
        Assert.That(Value(run, "parameters"), Is.EqualTo("6,422,530"));
        Assert.That(Value(run, "file"), Does.Contain("13.0 MB").And.Contain("PyTorch"));
    }

    [Test]
    public void The_components_add_up_to_all_parameters()
    {
        var run = CommandLine.Run("info", RepositoryFiles.At("weights", "sam2.1_hiera_micro.pt"));
        var sum = run.Output.Split('\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal)).Sum(line => long.Parse(line[20..].Replace(",", "").Trim()));
        Assert.That(sum, Is.EqualTo(6_422_530));
    }

    [Test]
    public void A_name_nobody_knows_suggests_one_that_is_known()
    {
        var run = CommandLine.Run("info", "sam2.1_hiera_tinny");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("sam2.1_hiera_tiny"));
    }

    [Test]
    public void A_file_that_is_no_checkpoint_is_refused_by_name()
    {
        var file = RepositoryFiles.At("LICENSE");
        var run = CommandLine.Run("info", file);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain(file));
    }

    [Test]
    public void Verbose_shows_where_an_error_came_from()
    {
        var run = CommandLine.Run("info", RepositoryFiles.At("LICENSE"), "--verbose");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("   at Sam2."));
    }

    internal static string Value(CommandLine run, string name) =>
        run.Output.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal))[20..].Trim();
}
