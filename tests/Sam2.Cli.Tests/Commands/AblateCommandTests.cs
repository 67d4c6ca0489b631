using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class AblateCommandTests : FolderTests
{
    [SetUp]
    public void WriteFiles()
    {
        File.WriteAllText(Folder.At("tiny.yaml"), """
            steps: 3
            threads: 1
            model: {architecture: sam2.1_hiera_nano, settings: {image_size: 64}}
            data:
              train: [{dataset: {seed: 1}, frames: 1, clips: 1}]
              validation: {images: {seed: 3, count: 2}, clicks: [1]}
            prompting: {num_correction_pt_per_frame: 1}
            optimizer: {lr: [{value: 1e-4}], layer_decay: null}
            log: {every: 1, tensorboard: false}
            checkpoint: {every: 1}
            validation: {every: 3}
            """);
        File.WriteAllText(Folder.At("sweep.yaml"), """
            title: How deep memory attention should be
            recipe: tiny.yaml
            seeds: [1, 2]
            axes:
              - {name: layers, key: model.settings.memory_attention.num_layers, values: [1, 2]}
            """);
    }

    [Test]
    public void A_sweep_that_was_interrupted_goes_on_and_ends_in_one_report()
    {
        var first = CommandLine.RunUntil("run 2 of 4:", "ablate", Folder.At("sweep.yaml"), "--out", Folder.At("out"));
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Cancelled), first.Error);
        Assert.That(File.ReadAllText(Folder.At("out", "report.md")), Does.Contain("The sweep is not over: 1 of 4 runs are."));

        var second = CommandLine.Run("ablate", Folder.At("sweep.yaml"), "--out", Folder.At("out"));
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Output, Does.Not.Contain("run 1 of 4:").And.Contain("run 4 of 4: layers 2, seed 2").And.Contain("report.html  4 runs"));

        var report = File.ReadAllText(Folder.At("out", "report.md"));
        Assert.That(report, Does.StartWith("# How deep memory attention should be").And.Not.Contain("not over"));
        Assert.That(report, Does.Match(@"\| layers 1 +\| +0\.\d+ ± 0\.\d+ \|.*\| +2 \| +2\.\d+ \|"));
        Assert.That(report, Does.Contain("![scores](charts/scores.svg)").And.Contain("![axis-layers](charts/axis-layers.svg)").And.Contain("![losses](charts/losses.svg)"));
        Assert.That(Directory.GetFiles(Folder.At("out", "charts")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "scores.svg", "axis-layers.svg", "losses.svg" }));
        Assert.That(File.ReadAllText(Folder.At("out", "report.html")), Does.Contain("<svg").And.Contain("layers 2"));

        // Nothing is left to do: the same report in no time, also where a process was killed while it wrote a line.
        File.AppendAllText(Directory.GetFiles(Folder.At("out", "runs"), "log.jsonl", SearchOption.AllDirectories)[0], "{\"kind\":\"step\",\"st");
        var third = CommandLine.Run("ablate", Folder.At("sweep.yaml"), "--out", Folder.At("out"));
        Assert.That((third.ExitCode, third.Output.Contains("run ", StringComparison.Ordinal)), Is.EqualTo((ExitCode.Success, false)));
        Assert.That(File.ReadAllText(Folder.At("out", "report.md")), Is.EqualTo(report));

        // The same folder is not for other settings.
        var other = CommandLine.Run("ablate", Folder.At("sweep.yaml"), "--out", Folder.At("out"), "--set", "steps=4");
        Assert.That((other.ExitCode, other.ErrorLines), Is.EqualTo((ExitCode.Failed, 1)));
        Assert.That(other.Error, Does.Contain("steps was 3, now 4").And.Contain("another folder"));
    }

    [Test]
    public void A_variant_that_diverges_is_reported_and_the_others_are_trained()
    {
        File.WriteAllText(Folder.At("sweep.yaml"), """
            recipe: tiny.yaml
            seeds: [1]
            axes:
              - {name: rate, key: optimizer.lr.0.value, values: [1e-4, 1e30]}
            """);
        var run = CommandLine.Run("ablate", Folder.At("sweep.yaml"), "--out", Folder.At("out"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed), run.Error);
        Assert.That(run.Output, Does.Contain("run 2 of 2 failed: step 2").And.Contain("1 failed"));
        Assert.That(File.ReadAllText(Folder.At("out", "report.md")), Does.Contain("A run of 'rate 1E+30' failed: step 2").And.Contain("–"));
    }

    [TestCase("key: model.settings.num_maskmen, values: [3]", "num_maskmem")]
    [TestCase("key: optimizer.lr.0.param_names, values: [['nothing*']]", "nothing*")]
    [TestCase("key: data.train.0.clips, values: [0]", "clips")]
    [TestCase("key: ema.decay, values: [0.9, 2]", "ema.decay")]
    [TestCase("key: data.train.0.dataset, values: [{kind: davis, root: nowhere}]", "nowhere")]
    public void Mistakes_are_found_before_anything_is_trained(string axis, string what)
    {
        File.AppendAllText(Folder.At("sweep.yaml"), $"\n  - {{name: other, {axis}}}\n");
        var run = CommandLine.Run("ablate", Folder.At("sweep.yaml"), "--out", Folder.At("out"));
        Assert.That((run.ExitCode, run.ErrorLines), Is.EqualTo((ExitCode.Failed, 1)), run.Error);
        Assert.That(run.Error, Does.Contain(what));
        Assert.That(Directory.Exists(Folder.At("out")), Is.False);
    }
}
