using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

public class CheckpointWritingTests
{
    private static readonly string[] Formats = ["out.pt", "out.safetensors"];

    private static readonly PlainDictionary Values = new(new KeyValuePair<string, object?>[]
    {
        new("epoch", 3L), new("negative", -70000L), new("large", 1L << 40), new("huge", BigInteger.Pow(7, 60)), new("small", 300L),
        new("lr", 1e-4), new("infinite", double.PositiveInfinity), new("note", "füñf ✓"), new("none", null), new("yes", true), new("no", false),
        new("bytes", new ReadOnlyMemory<byte>([0, 1, 200, 255])),
        new("nested", new PlainDictionary(new KeyValuePair<object, object?>[]
        {
            new("list", new PlainList([1L, new PlainList([]), new PlainList([2L, "x"], isTuple: true)])),
            new(7L, new PlainDictionary(Array.Empty<KeyValuePair<string, object?>>())),
        })),
    });

    [TestCaseSource(nameof(Formats))]
    public void What_is_written_is_read_back_exactly(string name)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var tensors = AllKinds();
        CheckpointWriter.Save(folder[name], tensors);
        using var checkpoint = Checkpoint.Open(folder[name]);
        Assert.That(checkpoint.StateDict.Keys, Is.EqualTo(tensors.Keys));
        foreach (var (key, expected) in tensors)
            AssertSame(checkpoint.StateDict[key].Load(), expected, key);
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "temporary files are left behind");
    }

    [Test]
    public void Plain_values_are_read_back_exactly()
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter.Save(folder["out.pt"], new Dictionary<string, Tensor>(), Values);
        using var checkpoint = Checkpoint.Open(folder["out.pt"]);
        AssertSameValue(checkpoint.Entries, Values);
    }

    [Test]
    public void Tensors_that_share_memory_stay_shared()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var whole = DeterministicWeights.NoiseTensor("whole", 6, 4);
        var tensors = new Dictionary<string, Tensor>
        {
            ["whole"] = whole, ["turned"] = whole.t(), ["part"] = whole.narrow(0, 2, 3), ["other"] = whole.clone(),
        };
        CheckpointWriter.Save(folder["a.pt"], tensors);
        using (var checkpoint = Checkpoint.Open(folder["a.pt"]))
            CheckpointWriter.Save(folder["b.pt"], checkpoint);

        foreach (var name in new[] { "a.pt", "b.pt" })
        {
            using var checkpoint = Checkpoint.Open(folder[name]);
            var entries = checkpoint.StateDict;
            Assert.That(entries["whole"].SharesStorageWith(entries["turned"]), Is.True);
            Assert.That(entries["whole"].SharesStorageWith(entries["part"]), Is.True);
            Assert.That(entries["whole"].SharesStorageWith(entries["other"]), Is.False);
            Assert.That(entries["turned"].Strides, Is.EqualTo(new long[] { 1, 4 }));
            foreach (var (key, expected) in tensors)
                AssertSame(entries[key].Load(), expected, key);
        }
    }

    [Test]
    public void A_small_view_of_a_large_tensor_does_not_drag_it_along()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var large = zeros([1000, 1000]);
        CheckpointWriter.Save(folder["out.pt"], new Dictionary<string, Tensor> { ["row"] = large[500], ["column"] = large.narrow(1, 3, 1).clone().narrow(0, 5, 2) });
        Assert.That(new FileInfo(folder["out.pt"]).Length, Is.LessThan(10_000));
    }

    [Test]
    public void Converting_keeps_every_tensor_and_value_of_the_golden_files()
    {
        using var folder = new TemporaryFolder();
        foreach (var golden in new[] { "checkpoint_zip.pt", "checkpoint_legacy.pt" })
        {
            using var scope = NewDisposeScope();
            using var source = Checkpoint.Open(RepositoryFiles.Golden(golden));
            CheckpointWriter.Save(folder["out.pt"], source);
            using var copy = Checkpoint.Open(folder["out.pt"]);
            AssertSameValue(copy.Entries, source.Entries);
            Assert.That(copy.StateDict.Keys, Is.EqualTo(source.StateDict.Keys));
            foreach (var (key, entry) in source.StateDict)
            {
                AssertSame(copy.StateDict[key].Load(), entry.Load(), key);
                Assert.That(copy.StateDict[key].IsParameter, Is.EqualTo(entry.IsParameter));
                Assert.That(copy.StateDict[key].Strides, Is.EqualTo(entry.Strides));
            }
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void Converting_can_change_the_floating_point_type(string name)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var source = Checkpoint.Open(RepositoryFiles.Golden("checkpoint_zip.pt"));
        CheckpointWriter.Save(folder[name], source, PlainDictionary.Empty, ScalarType.BFloat16);
        using var copy = Checkpoint.Open(folder[name]);
        foreach (var (key, entry) in source.StateDict)
        {
            var expected = entry.Load();
            AssertSame(copy.StateDict[key].Load(), expected.is_floating_point() ? expected.to_type(ScalarType.BFloat16) : expected, key);
        }
    }

    [Test]
    public void Converting_to_safetensors_keeps_the_values_that_its_metadata_can_hold()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var entries = new PlainDictionary([.. Values, new("optimizer", new PlainList([ones([2])]))]);
        CheckpointWriter.Save(folder["in.pt"], new Dictionary<string, Tensor> { ["w"] = ones([2]) }, entries);
        using (var source = Checkpoint.Open(folder["in.pt"]))
            CheckpointWriter.Save(folder["out.safetensors"], source);
        using var copy = Checkpoint.Open(folder["out.safetensors"]);
        Assert.That(copy.Entries["note"], Is.EqualTo("füñf ✓"));
        Assert.That(copy.Entries["epoch"], Is.EqualTo("3"));
        Assert.That(copy.Entries["lr"], Is.EqualTo("0.0001"));
        Assert.That(copy.Entries.ContainsKey("optimizer"), Is.False);
        Assert.That(copy.Entries.ContainsKey("bytes"), Is.False);
        Assert.That(copy.Entries.ContainsKey("infinite"), Is.False);
    }

    [Test]
    public void Tensors_may_stand_among_the_plain_values()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var weight = DeterministicWeights.NoiseTensor("weight", 3, 2);
        var moments = new PlainList([weight, DeterministicWeights.NoiseTensor("moment", 4)]);
        CheckpointWriter.Save(folder["out.pt"], new Dictionary<string, Tensor> { ["weight"] = weight }, new() { ["optimizer"] = moments });
        using var checkpoint = Checkpoint.Open(folder["out.pt"]);
        var read = (PlainList)checkpoint.Entries["optimizer"]!;
        AssertSame(((TensorEntry)read[1]!).Load(), DeterministicWeights.NoiseTensor("moment", 4), "moment");
        Assert.That(((TensorEntry)read[0]!).SharesStorageWith(checkpoint.StateDict["weight"]), Is.True);
    }

    [Test]
    public void Zip_files_have_the_records_and_alignment_of_torch_save([Values] bool zip64)
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        CheckpointWriter.WriteTorch(stream, AllKinds(), Values, alwaysZip64: zip64);
        var bytes = stream.ToArray();

        using (var archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read))
        {
            Assert.That(archive.Entries[0].FullName, Is.EqualTo("archive/data.pkl"));
            Assert.That(Text(archive, "archive/version"), Is.EqualTo("3\n"));
            Assert.That(Text(archive, "archive/byteorder"), Is.EqualTo("little"));
            foreach (var entry in archive.Entries)
                using (var content = entry.Open())
                    content.CopyTo(Stream.Null);   // verifies the checksum
        }
        foreach (var entry in ZipDirectory.Read(ByteSource.OfMemory("memory", bytes)).Values)
            Assert.That(entry.Offset % 64, Is.Zero, entry.Name);
        using var checkpoint = Checkpoint.Open(bytes);
        foreach (var (key, expected) in AllKinds())
            AssertSame(checkpoint.StateDict[key].Load(), expected, key);

        static string Text(ZipArchive archive, string name)
        {
            using var reader = new StreamReader(archive.GetEntry(name)!.Open());
            return reader.ReadToEnd();
        }
    }

    [Test]
    public void Safetensors_files_have_the_documented_layout()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { ["flags"] = tensor(new[] { true, false, true }), ["w"] = DeterministicWeights.NoiseTensor("w", 2, 3).t() };
        CheckpointWriter.Save(folder["out.safetensors"], tensors, new([new KeyValuePair<string, object?>("note", "n")]));
        var bytes = File.ReadAllBytes(folder["out.safetensors"]);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        var w = header.RootElement.GetProperty("w");
        Assert.That(w.GetProperty("dtype").GetString(), Is.EqualTo("F32"));
        Assert.That(w.GetProperty("shape").ToString(), Is.EqualTo("[3,2]"));
        Assert.That(w.GetProperty("data_offsets").ToString(), Is.EqualTo("[0,24]"));
        Assert.That(header.RootElement.GetProperty("flags").GetProperty("data_offsets").ToString(), Is.EqualTo("[24,27]"));
        Assert.That(header.RootElement.GetProperty("__metadata__").GetProperty("note").GetString(), Is.EqualTo("n"));
        Assert.That(length % 8, Is.Zero);
        var first = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + length + 4));
        Assert.That(first, Is.EqualTo(DeterministicWeights.Noise("w", 4)[3]), "row-major elements of the transposed tensor");
    }

    [Test]
    public void A_failed_write_leaves_the_old_file_and_no_other()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["out.pt"], "old");
        var unwritable = new PlainDictionary { ["x"] = new object() };
        Assert.That(() => CheckpointWriter.Save(folder["out.pt"], new Dictionary<string, Tensor>(), unwritable), Throws.ArgumentException);
        Assert.That(File.ReadAllText(folder["out.pt"]), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
        Assert.That(() => CheckpointWriter.Save(folder["missing/out.pt"], new Dictionary<string, Tensor>()),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("missing/out.pt"));
    }

    [Test]
    public void A_checkpoint_can_replace_the_file_it_comes_from()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        File.Copy(RepositoryFiles.Golden("checkpoint_zip.pt"), folder["m.pt"]);
        using (var checkpoint = Checkpoint.Open(folder["m.pt"]))
            CheckpointWriter.Save(folder["m.pt"], checkpoint);
        using var rewritten = Checkpoint.Open(folder["m.pt"]);
        AssertSame(rewritten.StateDict["f32"].Load(), DeterministicWeights.Tensor("a", 3, 4), "f32");
    }

    [Test]
    public void Python_loads_it_with_weights_only([Values] bool zip64)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var whole = DeterministicWeights.NoiseTensor("whole", 6, 4);
        var tensors = AllKinds();
        tensors["whole"] = whole;
        tensors["turned"] = whole.t();
        // With weights_only, PyTorch 1.13 knows neither floats nor bytes among plain values; later ones do.
        var values = new PlainDictionary(Values.Where(v => v.Value is not (double or ReadOnlyMemory<byte>)));
        using (var stream = File.Create(folder["out.pt"]))
            CheckpointWriter.WriteTorch(stream, tensors, values, alwaysZip64: zip64);
        var printed = PythonTorch.Run($$$"""
            import torch
            c = torch.load(r"{{{folder["out.pt"]}}}", weights_only=True)
            m = c.pop("model")
            assert type(m).__name__ == "OrderedDict", type(m)
            assert m["whole"].storage().data_ptr() == m["turned"].storage().data_ptr()
            for k, t in m.items(): print(k, str(t.dtype), list(t.shape), t.double().flatten().tolist())
            assert c["nested"] == {"list": [1, [], (2, "x")], 7: {}}, c["nested"]
            assert c["epoch"] == 3 and c["negative"] == -70000 and c["large"] == 2**40 and c["huge"] == 7**60 and c["small"] == 300
            assert c["note"] == "füñf ✓" and c["none"] is None and c["yes"] is True and c["no"] is False
            """);
        var lines = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(tensors.Count));
        foreach (var (line, (key, tensor)) in lines.Zip(tensors))
        {
            var numbers = JsonSerializer.Deserialize<double[]>(line[line.LastIndexOf('[')..])!;
            Assert.That(line, Does.StartWith($"{key} torch.{ScalarTypes.Name(tensor.dtype)} [{string.Join(", ", tensor.shape)}]"));
            Assert.That(numbers, Is.EqualTo(MemoryMarshal.Cast<byte, double>(tensor.to_type(ScalarType.Float64).contiguous().bytes).ToArray()), key);
        }
    }

    [Test]
    public void Python_loads_all_plain_values()
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter.Save(folder["out.pt"], new Dictionary<string, Tensor>(), Values);
        PythonTorch.Run($$$"""
            import torch
            old = tuple(map(int, torch.__version__.split("+")[0].split(".")[:2])) < (2, 4)
            c = torch.load(r"{{{folder["out.pt"]}}}", weights_only=not old)
            assert c["lr"] == 1e-4 and c["infinite"] == float("inf") and c["bytes"] == bytes([0, 1, 200, 255])
            """);
    }

    [Test]
    public void Reads_what_Python_writes_beside_a_model()
    {
        using var folder = new TemporaryFolder();
        PythonTorch.Run($$$"""
            import torch
            net = torch.nn.Linear(3, 2)
            opt = torch.optim.AdamW(net.parameters(), lr=5e-6)
            net(torch.ones(1, 3)).sum().backward(); opt.step()
            torch.save({"model": net.state_dict(), "optimizer": opt.state_dict(), "epoch": 40, "loss": {"core": {}},
                        "shape": net.weight.shape, "device": torch.device("cpu"), "dtype": torch.float16, "raw": b"\x00\xff"}, r"{{{folder["trainer.pt"]}}}")
            """);
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(folder["trainer.pt"]);
        Assert.That(checkpoint.StateDict.Keys, Is.EqualTo(new[] { "weight", "bias" }));
        var state = (PlainDictionary)((PlainDictionary)checkpoint.Entries["optimizer"]!)["state"]!;
        var moment = (TensorEntry)((PlainDictionary)state[0L]!)["exp_avg"]!;
        Assert.That(moment.Load().data<float>().ToArray(), Is.All.EqualTo(0.1f).Within(1e-6f));
        Assert.That(checkpoint.Entries["shape"], Is.EqualTo(new[] { 2L, 3L }));
        Assert.That(checkpoint.Entries["device"], Is.EqualTo("cpu"));
        Assert.That(checkpoint.Entries["dtype"], Is.EqualTo("torch.float16"));
        Assert.That(((ReadOnlyMemory<byte>)checkpoint.Entries["raw"]!).ToArray(), Is.EqualTo(new byte[] { 0, 255 }));
    }

    /// <summary>Every element type, and every shape that is a special case.</summary>
    private static Dictionary<string, Tensor> AllKinds()
    {
        var a = DeterministicWeights.NoiseTensor("a", 3, 4);
        return new()
        {
            ["f32"] = a,
            ["f16"] = a.to_type(ScalarType.Float16),
            ["bf16"] = a.to_type(ScalarType.BFloat16),
            ["f64"] = a.to_type(ScalarType.Float64),
            ["i64"] = tensor(new[] { long.MinValue / 2, -1L, 0, 1L << 50 }),
            ["i32"] = tensor(new[] { int.MinValue, 7, int.MaxValue }),
            ["i16"] = tensor(new short[] { -300, 300 }),
            ["i8"] = tensor(new sbyte[] { -128, 127 }),
            ["u8"] = tensor(new byte[] { 0, 255 }),
            ["bool"] = tensor(new[] { true, false }),
            ["scalar"] = tensor(2.5f),
            ["empty"] = empty([0, 3]),
            ["transposed"] = a.clone().t(),
            ["strided"] = DeterministicWeights.NoiseTensor("s", 4, 6).narrow(1, 1, 2),
            ["expanded"] = DeterministicWeights.NoiseTensor("e", 3, 1).expand(3, 4),
        };
    }

    private static void AssertSame(Tensor actual, Tensor expected, string what)
    {
        Assert.That(actual.dtype, Is.EqualTo(expected.dtype), what);
        Assert.That(actual.shape, Is.EqualTo(expected.shape), what);
        Assert.That(actual.contiguous().bytes.SequenceEqual(expected.contiguous().bytes), Is.True, what);
    }

    private static void AssertSameValue(object? actual, object? expected)
    {
        switch (expected)
        {
            case PlainDictionary dictionary:
                Assert.That(((PlainDictionary)actual!).Keys, Is.EqualTo(dictionary.Keys));
                foreach (var (key, value) in dictionary)
                    AssertSameValue(((PlainDictionary)actual)[key], value);
                break;
            case PlainList list:
                Assert.That(((PlainList)actual!).IsTuple, Is.EqualTo(list.IsTuple));
                Assert.That(((PlainList)actual).Count, Is.EqualTo(list.Count));
                for (var i = 0; i < list.Count; i++)
                    AssertSameValue(((PlainList)actual)[i], list[i]);
                break;
            case ReadOnlyMemory<byte> bytes:
                Assert.That(((ReadOnlyMemory<byte>)actual!).ToArray(), Is.EqualTo(bytes.ToArray()));
                break;
            default:
                Assert.That(actual, Is.EqualTo(expected));
                Assert.That(actual?.GetType(), Is.EqualTo(expected?.GetType()));
                break;
        }
    }
}
