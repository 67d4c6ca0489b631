using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;
using TorchSharp;

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

    [Test]
    public void To_transformers_and_back_gives_the_same_tensors([Values("hf", "hf/", "hf.v2/")] string name)
    {
        var (folder, back) = (Folder.At(name), Folder.At("back.pt"));
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", folder, "--layout", "hf");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "model.safetensors", "config.json" }));
        var info = CommandLine.Run("info", folder);
        Assert.That(InfoCommandTests.Value(info, "layout"), Is.EqualTo("hf"));
        Assert.That(InfoCommandTests.Value(info, "architecture"), Does.StartWith("sam2.1_hiera_micro"));
        Assert.That(CommandLine.Run("convert", folder, back, "--layout", "original").ExitCode, Is.Zero);
        Assert.That(InfoCommandTests.Value(CommandLine.Run("info", back), "layout"), Is.EqualTo("original"));
        AssertSameTensors(RepositoryFiles.At("weights", "sam2.1_hiera_micro.pt"), back);
    }

    [Test]
    public void To_Ultralytics_and_back_gives_the_same_tensors()
    {
        var (there, back) = (Folder.At("sam2.1_t.pt"), Folder.At("back.pt"));
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", there, "--layout", "ultralytics");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("four sizes"));
        Assert.That(InfoCommandTests.Value(CommandLine.Run("info", there), "layout"), Is.EqualTo("ultralytics"));
        Assert.That(CommandLine.Run("convert", there, back).ExitCode, Is.Zero);
        Assert.That(InfoCommandTests.Value(CommandLine.Run("info", back), "layout"), Is.EqualTo("original"));
        AssertSameTensors(RepositoryFiles.At("weights", "sam2.1_hiera_micro.pt"), back);
    }

    [TestCase("x.safetensors", "ultralytics", ".pt", ExitCode.Failed)]
    [TestCase("x/", "original", "--layout hf", ExitCode.Usage)]
    [TestCase("x.bin", "hf", "with a / at its end", ExitCode.Usage)]
    public void A_layout_that_the_file_cannot_have_is_refused(string name, string layout, string named, int exitCode)
    {
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", Folder.At(name), "--layout", layout);
        Assert.That((run.ExitCode, run.ErrorLines), Is.EqualTo((exitCode, 1)));
        Assert.That(run.Error, Does.Contain(named));
        Assert.That(Directory.EnumerateFileSystemEntries(Folder.Path), Is.Empty);
    }

    [Test]
    public void A_config_of_another_model_stops_it_before_anything_is_written()
    {
        File.WriteAllText(Folder.At("config.json"), """{"model_type": "bert"}""");
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", Folder.At("model.safetensors"), "--layout", "hf");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("config.json"));
        Assert.That(Folder.Files, Is.EqualTo(new[] { "config.json" }));
    }

    [Test]
    public void Adapters_are_merged_into_the_new_file()
    {
        const string Key = "image_encoder.trunk.blocks.0.attn.proj.weight";
        using var scope = torch.NewDisposeScope();
        using var micro = Checkpoint.Open(RepositoryFiles.At("weights", "sam2.1_hiera_micro.pt"));
        var before = micro.StateDict[Key].Load().to_type(torch.ScalarType.Float32);
        var (a, b) = (torch.ones(1, before.shape[1]), torch.ones(before.shape[0], 1));
        CheckpointWriter.Save(Folder.At("adapter_model.safetensors"), new Dictionary<string, torch.Tensor>
        {
            ["base_model.model.vision_encoder.backbone.blocks.0.attn.proj.lora_A.weight"] = a, ["base_model.model.vision_encoder.backbone.blocks.0.attn.proj.lora_B.weight"] = b,
        });
        File.WriteAllText(Folder.At("adapter_config.json"), """{"peft_type": "LORA", "r": 1, "lora_alpha": 1}""");
        var run = CommandLine.Run("convert", "sam2.1_hiera_micro", Folder.At("merged.pt"), "--lora", Folder.Path, "--dtype", "fp32");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var merged = Checkpoint.Open(Folder.At("merged.pt"));
        Assert.That((merged.StateDict[Key].Load() - before - torch.ones_like(before)).abs().max().item<float>(), Is.LessThan(2e-3f));
        Assert.That(CommandLine.Run("convert", "sam2.1_hiera_micro", Folder.At("x.pt"), "--lora", Folder.At("none")).Error, Does.Contain("none"));
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
