using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class ConvertCommandTests : FolderTests
{
    [Test]
    public void There_and_back_gives_the_same_tensors()
    {
        var (there, back) = (Folder.At("micro.safetensors"), Folder.At("micro.pt"));
        Assert.That(CommandLine.Run("convert", "sam2.1_hiera_micro", there).ExitCode, Is.Zero);
        Assert.That(CommandLine.Run("convert", there, back).ExitCode, Is.Zero);
        Assert.That(new[] { Checkpoint.Open(there), Checkpoint.Open(back) }.Select(c => { using (c) { return c.Format; } }),
            Is.EqualTo(new[] { CheckpointFormat.Safetensors, CheckpointFormat.TorchZip }));
        AssertSameTensors(RepositoryFiles.At("weights", "sam2.1_hiera_micro.pt"), back);
    }

    [TestCase("bf16", 2)]
    [TestCase("fp32", 4)]
    public void Another_precision_decides_the_size_of_the_file_and_is_recorded(string precision, int bytesPerWeight)
    {
        const int Parameters = 6_422_530;
        var file = Folder.At("micro.pt");
        Assert.That(CommandLine.Run("convert", "sam2.1_hiera_micro", file, "--dtype", precision).ExitCode, Is.Zero);
        Assert.That(new FileInfo(file).Length, Is.InRange(bytesPerWeight * Parameters, bytesPerWeight * Parameters + 500_000));
        var run = CommandLine.Run("info", file);
        Assert.That(InfoCommandTests.Value(run, "precision"), Is.EqualTo(precision));
        Assert.That(InfoCommandTests.Value(run, "architecture"), Does.StartWith("sam2.1_hiera_micro"));
    }

    [TestCase("micro.onnx")]
    [TestCase("micro")]
    public void An_unknown_ending_is_a_usage_error(string name)
    {
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", Folder.At(name));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(name).And.Contain(".safetensors"));
        Assert.That(Directory.EnumerateFileSystemEntries(Folder.Path), Is.Empty);
    }

    [Test]
    public void A_folder_that_does_not_exist_is_named_and_nothing_is_left_behind()
    {
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", Folder.At("no", "micro.pt"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain($"there is no folder {Folder.At("no")}").And.Not.Contain(".tmp"));
    }

    private static void AssertSameTensors(string expected, string actual)
    {
        using var first = Checkpoint.Open(expected);
        using var second = Checkpoint.Open(actual);
        Assert.That(second.StateDict.Keys, Is.EquivalentTo(first.StateDict.Keys));
        foreach (var (key, entry) in first.StateDict)
        {
            using var inner = TorchSharp.torch.NewDisposeScope();
            var (wanted, got) = (entry.Load(), second.StateDict[key].Load());
            Assert.That(got.dtype, Is.EqualTo(wanted.dtype), key);
            Assert.That(got.bytes.SequenceEqual(wanted.bytes), Is.True, key);
        }
    }
}
