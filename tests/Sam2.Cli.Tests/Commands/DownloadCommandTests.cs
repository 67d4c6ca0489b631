using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class DownloadCommandTests
{
    [Test]
    public void A_name_nobody_knows_is_a_usage_error_that_lists_the_known_ones()
    {
        var run = CommandLine.Run("download", "sam3");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("'sam3'").And.Contain("sam2.1_hiera_tiny").And.Contain("sam2_hiera_large"));
    }

    [Test]
    public void The_help_tells_where_downloads_go()
    {
        var run = CommandLine.Run("download", "--help");
        Assert.That(run.Output, Does.Contain(Sam2.Torch.Checkpoints.ModelFiles.UserFolder).And.Contain("$SAM2_WEIGHTS"));
    }

    [Test]
    public void What_is_here_already_is_not_downloaded_again()
    {
        var run = CommandLine.Run("download", "sam2.1_hiera_micro");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Path.GetFileName(run.Output.Trim()), Is.EqualTo("sam2.1_hiera_micro.pt"));
    }

    [Test]
    public void What_is_published_nowhere_can_not_be_downloaded()
    {
        using var folder = new TemporaryFolder();
        var run = CommandLine.Run("download", "sam2.1_hiera_micro", "--out", folder.Path);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("sam2.1_hiera_micro"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }
}
