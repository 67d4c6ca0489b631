using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

public class CheckpointReadingTests
{
    private static readonly string[] BothSerialisations = ["checkpoint_zip.pt", "checkpoint_legacy.pt"];

    [Test]
    public void Recognises_the_format_from_the_content()
    {
        Assert.That(FormatOf("checkpoint_zip.pt"), Is.EqualTo(CheckpointFormat.TorchZip));
        Assert.That(FormatOf("checkpoint_legacy.pt"), Is.EqualTo(CheckpointFormat.TorchLegacy));

        static CheckpointFormat FormatOf(string name)
        {
            using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden(name));
            return checkpoint.Format;
        }
    }

    [TestCaseSource(nameof(BothSerialisations))]
    public void Reads_every_element_type(string file)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden(file));
        var a = DeterministicWeights.Tensor("a", 3, 4);
        AssertEqual(checkpoint, "f32", a);
        AssertEqual(checkpoint, "f16", a.to_type(ScalarType.Float16));
        AssertEqual(checkpoint, "bf16", a.to_type(ScalarType.BFloat16));
        AssertEqual(checkpoint, "f64", a.to_type(ScalarType.Float64));
        AssertEqual(checkpoint, "i64", tensor(new long[] { 0, 1, 2, 3, 4 }));
        AssertEqual(checkpoint, "u8", tensor(new byte[] { 0, 1, 2, 3, 4, 5, 6 }));
        AssertEqual(checkpoint, "bool", tensor(new[] { true, false, true }));
    }

    [TestCaseSource(nameof(BothSerialisations))]
    public void Reads_views_transposed_shared_scalar_and_empty_tensors(string file)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden(file));
        var b = DeterministicWeights.Values("b", 4, 6);
        AssertEqual(checkpoint, "view", tensor(new[] { b[8], b[9], b[10], b[14], b[15], b[16] }, [2, 3]));
        var transposed = Enumerable.Range(0, 24).Select(i => b[i % 4 * 6 + i / 4]).ToArray();
        AssertEqual(checkpoint, "transposed", tensor(transposed, [6, 4]));
        AssertEqual(checkpoint, "scalar", tensor(2.5f));
        AssertEqual(checkpoint, "empty", empty([0, 3]));

        var entries = checkpoint.StateDict;
        Assert.That(entries["view"].SharesStorageWith(entries["transposed"]), Is.True);
        Assert.That(entries["view"].SharesStorageWith(entries["f32"]), Is.False);
        Assert.That(entries["transposed"].Strides, Is.EqualTo(new long[] { 1, 6 }));
    }

    [TestCaseSource(nameof(BothSerialisations))]
    public void Reads_parameters(string file)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden(file));
        AssertEqual(checkpoint, "param", DeterministicWeights.Tensor("a", 3, 4));
        Assert.That(checkpoint.StateDict["param"].IsParameter, Is.True);
        Assert.That(checkpoint.StateDict["param"].RequiresGrad, Is.True);
        Assert.That(checkpoint.StateDict["f32"].IsParameter, Is.False);
    }

    [TestCaseSource(nameof(BothSerialisations))]
    public void Keeps_the_plain_values_beside_the_model(string file)
    {
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden(file));
        var entries = checkpoint.Entries;
        Assert.That(entries.Keys, Is.EquivalentTo(new[] { "epoch", "lr", "note", "list", "tuple" }));
        Assert.That(entries["epoch"], Is.EqualTo(3L));
        Assert.That(entries["lr"], Is.EqualTo(1e-4));
        Assert.That(entries["note"], Is.EqualTo("plain values"));
        Assert.That((PlainList)entries["list"]!, Is.EqualTo(new object?[] { 1L, 2.5, null, true, "x" }));
        var outer = (PlainList)entries["tuple"]!;
        Assert.That(outer.IsTuple, Is.True);
        Assert.That(outer[0], Is.EqualTo(1L));
        Assert.That((PlainList)outer[1]!, Is.EqualTo(new object?[] { 2L, 3L }));
    }

    [Test]
    public void Reads_a_bare_state_dict()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("checkpoint_bare_state_dict.pt"));
        Assert.That(checkpoint.StateDict.Keys, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(checkpoint.Entries, Is.Empty);
        AssertEqual(checkpoint, "a", DeterministicWeights.Tensor("a", 3, 4));
        AssertEqual(checkpoint, "b", DeterministicWeights.Tensor("b", 4, 6));
    }

    [Test]
    public void Copies_with_conversion_into_tensors_of_any_type_and_layout()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("checkpoint_zip.pt"));
        var a = DeterministicWeights.Tensor("a", 3, 4);
        var half = zeros([3, 4], dtype: ScalarType.Float16);
        checkpoint.StateDict["f32"].CopyTo(half);
        AssertSame(half, a.to_type(ScalarType.Float16));
        var turned = zeros([4, 3]);
        checkpoint.StateDict["f64"].CopyTo(turned.t());
        AssertSame(turned.t(), a);
        var gathered = zeros([6, 4]);
        checkpoint.StateDict["transposed"].CopyTo(gathered);
        AssertSame(gathered, DeterministicWeights.Tensor("b", 4, 6).t());
        Assert.That(() => checkpoint.StateDict["f32"].CopyTo(zeros([4, 3])), Throws.ArgumentException.With.Message.Contains("[4, 3]"));
    }

    [Test]
    public void Loading_leaves_no_tensors_behind()
    {
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("checkpoint_zip.pt"));
        using var target = zeros([3, 4], dtype: ScalarType.Float16);
        var before = Tensor.TotalCount;
        foreach (var entry in checkpoint.StateDict.Values)
            entry.Load().Dispose();
        checkpoint.StateDict["f32"].CopyTo(target);
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    [Test]
    public void Reads_the_small_checkpoint_of_the_repository()
    {
        using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
        Assert.That(checkpoint.StateDict.Values.Sum(entry => entry.ElementCount), Is.InRange(2_500_000, 2_600_000));
        Assert.That(checkpoint.StateDict["image_encoder.trunk.patch_embed.proj.weight"].Shape, Is.EqualTo(new long[] { 32, 3, 7, 7 }));
        foreach (var (key, entry) in checkpoint.StateDict)
        {
            using var scope = NewDisposeScope();
            Assert.That(entry.Load().isfinite().all().item<bool>(), Is.True, key);
        }
    }

    [Test]
    public void Every_golden_file_opens()
    {
        var folder = Path.GetDirectoryName(RepositoryFiles.Golden("x"))!;
        foreach (var path in Directory.GetFiles(folder, "*.pt"))
        {
            using var checkpoint = Checkpoint.Open(path);
            Assert.That(checkpoint.StateDict, Is.Not.Empty, path);
        }

        foreach (var path in Directory.GetFiles(folder, "*.pt.gz"))
        {
            using var golden = GoldenFile.Open(Path.GetFileNameWithoutExtension(path));
            Assert.That(golden.Names, Is.Not.Empty, path);
        }
    }

    private static void AssertEqual(Checkpoint checkpoint, string key, Tensor expected)
    {
        var actual = checkpoint.StateDict[key].Load();
        Assert.That(checkpoint.StateDict[key].ScalarType, Is.EqualTo(expected.dtype), key);
        AssertSame(actual, expected);
    }

    private static void AssertSame(Tensor actual, Tensor expected)
    {
        Assert.That(actual.dtype, Is.EqualTo(expected.dtype));
        Assert.That(actual.shape, Is.EqualTo(expected.shape));
        Assert.That(actual.contiguous().bytes.SequenceEqual(expected.contiguous().bytes), Is.True);
    }
}
