using System.Diagnostics;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

[Category("Slow")]
[NonParallelizable]
public class CheckpointMemoryTests
{
    private const long Megabyte = 1 << 20;

    [TestCase("large.pt")]
    [TestCase("large.safetensors")]
    public void Loading_900_MB_needs_the_model_and_little_else(string name)
    {
        using var folder = new TemporaryFolder();
        WriteLarge(folder[name]);
        var size = new FileInfo(folder[name]).Length;
        Assert.That(size, Is.InRange(890_000_000, 900_000_000));

        var clock = Stopwatch.StartNew();
        long bytes = 0;
        var peak = ResidentMemory.PeakOf(() =>
        {
            using var model = ModelLoader.Load(folder[name]);
            bytes = model.state_dict().Values.Sum(t => t.numel() * t.element_size());
        });
        TestContext.Out.WriteLine($"{name}: {size / Megabyte} MB, model {bytes / Megabyte} MB, peak {peak / Megabyte} MB, {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.That(peak, Is.GreaterThan(0.9 * bytes), "the measurement itself");
        Assert.That(peak - bytes, Is.LessThan(0.15 * size));
    }

    /// <summary>The keys and shapes of SAM 2.1 large, all zero, without a model in memory.</summary>
    private static void WriteLarge(string path)
    {
        using var scope = NewDisposeScope();
        CheckpointWriter.Save(path, SyntheticStateDict.Published("sam2.1_hiera_l").ToDictionary(s => s.Key, s => zeros([1]).expand(s.Shape)));
    }
}
