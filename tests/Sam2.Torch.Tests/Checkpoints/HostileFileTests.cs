using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

public class HostileFileTests
{
    private const string Name = "evil.pt";

    private static readonly byte[] Pickle = PickleBuilder.Of(p => p.Tensor(12, 0, [12], [1]));

    [Test]
    public void The_file_that_the_others_are_variations_of_is_valid()
    {
        foreach (var file in new[] { PickleBuilder.Zip(Pickle), PickleBuilder.Legacy(PickleBuilder.Of(p => p.Op('N'))) })
            Assert.That(() => Checkpoint.Open(file).Dispose(), file[0] == 'P' ? Throws.Nothing : Throws.TypeOf<CheckpointException>());
        using var checkpoint = Checkpoint.Open(PickleBuilder.Zip(Pickle));
        using var x = checkpoint.StateDict["x"].Load();
        Assert.That(x.shape, Is.EqualTo(new[] { 12L }));
    }

    [Test]
    public void Refuses_duplicate_entries() =>
        AssertRefused(PickleBuilder.Zip(Pickle, ("archive/data/0", new byte[48]), ("archive/data/0", new byte[48])), "'archive/data/0' occurs twice");

    [TestCase("/etc/passwd")]
    [TestCase("../x")]
    [TestCase("archive/../../x")]
    [TestCase("archive/./x")]
    [TestCase("C:\\x")]
    [TestCase("archive\\x")]
    [TestCase("archive/x\0y")]
    [TestCase("")]
    public void Refuses_entries_that_escape(string name) =>
        AssertRefused(PickleBuilder.Zip(Pickle, ("archive/data/0", new byte[48]), (name, [])), "outside the archive");

    [Test]
    public void Refuses_names_that_are_not_text()
    {
        var file = PickleBuilder.Zip(Pickle, ("archive/data/0", new byte[48]), ("archive/qqqq", []));
        file.AsSpan(LastIndexOf(file, "qqqq"u8), 4).Fill(0xff);
        AssertRefused(file, "UTF-8");
    }

    [Test]
    public void Refuses_headers_that_contradict_each_other()
    {
        foreach (var at in new[] { 8 /* method */, 14 /* CRC */, 18 /* stored size */, 22 /* size */, 26 /* name length */, 30 /* name */ })
        {
            var file = PickleBuilder.Zip(Pickle);
            file[at] ^= 1;
            AssertRefused(file, "'archive/data.pkl'");
        }
    }

    [Test]
    public void Refuses_entries_outside_the_file_and_over_each_other()
    {
        var central = CentralHeader("archive/data/0");
        AssertRefused(Patched(central + 42, BitConverter.GetBytes(0x7fffffff)), "outside the archive");
        AssertRefused(Patched(central + 42, BitConverter.GetBytes(uint.MaxValue)), "zip64");
        AssertRefused(Patched(central + 42, BitConverter.GetBytes(1)), "no header");
        AssertRefused(Patched(central + 20, [.. BitConverter.GetBytes(1 << 30), .. BitConverter.GetBytes(1 << 30)]), "");
        AssertRefused(Patched(central + 24, BitConverter.GetBytes(49)), "stored in 48 bytes but claims 49");

        // The second entry's header inside the bytes of the first.
        var inner = PickleBuilder.Zip(Pickle);
        var header = inner.AsSpan(LocalHeader(inner, "archive/data/0"), 128).ToArray();
        var file = PickleBuilder.Zip(Pickle, ("archive/blob", header), ("archive/data/0", new byte[48]));
        var blob = file.AsSpan().IndexOf(header);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(LastIndexOf(file, "archive/data/0"u8) - 46 + 42), (uint)blob);
        AssertRefused(file, "overlap");
    }

    [Test]
    public void Refuses_encrypted_and_compressed_entries()
    {
        var central = CentralHeader("archive/data/0");
        AssertRefused(Patched(central + 8, [1]), "encrypted");
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry("archive/data.pkl").Open())
            entry.Write(new byte[100_000_000 / 1000]);
        AssertRefused(stream.ToArray(), "compressed");
    }

    [Test]
    public void Refuses_directories_that_lie_about_themselves()
    {
        var file = PickleBuilder.Zip(Pickle);
        var end = file.Length - 22;
        AssertRefused(Patched(end + 8, [0xfe, 0xff, 0xfe, 0xff]), "outside the file");
        AssertRefused(Patched(end + 16, BitConverter.GetBytes(file.Length)), "directory");
        AssertRefused(Patched(end + 12, BitConverter.GetBytes(0x7fffffff)), "directory");
        AssertRefused(Patched(end + 4, [1, 0]), "several parts");
        AssertRefused(Patched(end, [0]), "directory at its end is missing");
    }

    [Test]
    public void Refuses_archives_that_are_no_checkpoints()
    {
        AssertRefused(Archive(("a/b.txt", "x")), "without data.pkl");
        AssertRefused(Archive(("a/data.pkl", "x"), ("b/data.pkl", "x")), "several data.pkl");
        AssertRefused(Archive(("a/data.pkl", "x"), ("a/constants.pkl", "x")), "TorchScript");
        AssertRefused(Archive(("a/data.pkl", "x"), ("a/byteorder", "big")), "big-endian");
        AssertRefused(Archive(("a/data.pkl", "x"), ("a/byteorder", "middle")), "byte order");
        AssertRefused(Archive(("a/data.pkl", "")), "truncated");
        AssertRefused(Archive(), "without data.pkl");
    }

    [Test]
    public void Refuses_roots_that_are_no_state_dicts()
    {
        AssertRefused(PickleBuilder.Zip(new PickleBuilder().Op(']').ToArray()), "a list where a dictionary");
        AssertRefused(PickleBuilder.Zip(new PickleBuilder().Op('}').ToArray()), "no state dict");
        AssertRefused(PickleBuilder.Zip(PickleBuilder.Of(p => p.Integer(3))), "entries are x");
        AssertRefused(PickleBuilder.Zip(new PickleBuilder().Op('}').Text("model").Op('}').Text("w").Integer(1).Op('s').Op('s').ToArray()), "a number under 'w'");
        AssertRefused(PickleBuilder.Zip(new PickleBuilder().Op('}').Text("model").Op('}').Integer(1).Integer(1).Op('s').Op('s').ToArray()), "not a name");
    }

    [TestCase("checkpoint_zip.pt")]
    [TestCase("checkpoint_legacy.pt")]
    [TestCase("out.safetensors")]
    public void A_truncated_file_is_refused_at_every_length(string name)
    {
        var whole = name.EndsWith(".pt", StringComparison.Ordinal) ? File.ReadAllBytes(RepositoryFiles.Golden(name)) : Safetensors();
        for (var length = 0; length < whole.Length; length++)
            AssertRefused(whole[..length], "");
    }

    [Test]
    public void A_wrong_checksum_is_found_when_the_tensor_is_read_and_in_the_pickle_at_once()
    {
        var file = PickleBuilder.Zip(Pickle);
        var pickle = file.AsSpan().IndexOf(Pickle);
        file[pickle + 3] ^= 1;
        AssertRefused(file, "checksum of 'archive/data.pkl'");

        file = PickleBuilder.Zip(PickleBuilder.Of(p => p.Tensor(12, 2, [2, 2], [1, 3])), ("archive/data/0", Enumerable.Range(1, 48).Select(i => (byte)i).ToArray()));
        var data = file.AsSpan().IndexOf(new byte[] { 1, 2, 3, 4, 5 });
        for (var at = data; at < data + 48; at++)
        {
            var broken = (byte[])file.Clone();
            broken[at] ^= 0x10;
            using var scope = NewDisposeScope();
            using var checkpoint = Checkpoint.Open(broken, Name);
            Assert.That(() => checkpoint.StateDict["x"].Load(), Throws.TypeOf<CheckpointException>().With.Message.StartsWith(Name).And.Message.Contains("checksum of 'archive/data/0'"));
            Assert.That(() => checkpoint.StateDict["x"].CopyTo(zeros([2, 2])), Throws.TypeOf<CheckpointException>());
        }
    }

    [Test]
    public void Files_that_are_something_else_are_named_for_what_they_are()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => Checkpoint.Open(folder["missing.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("missing.pt: does not exist"));
        Assert.That(() => Checkpoint.Open(folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contains("directory"));
        AssertRefused([], "is empty");
        AssertRefused("<!DOCTYPE html><html>Not found</html>"u8.ToArray(), "web page");
        AssertRefused("version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), "git lfs pull");
        AssertRefused([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5, 6, 7, 8], "FFD8FFE0");
        var tar = new byte[1024];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        AssertRefused(tar, "tar archive");
        AssertRefused(new PickleBuilder().Integer(5).ToArray(), "not one that torch.save wrote");
    }

    [Test]
    public void Legacy_files_with_damaged_structure_are_refused()
    {
        var pickle = PickleBuilder.Of(p => p.Global("torch._utils", "_rebuild_tensor").Op('(')
            .Op('(').Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Integer(12).Op('N').Op('t').Op('Q').Integer(0).Longs(12).Longs(1).Op('t').Op('R'));
        var file = PickleBuilder.Legacy(pickle);
        Assert.That(() => Checkpoint.Open(file).Dispose(), Throws.Nothing);
        AssertRefused([.. file[..^56], 13, .. file[^55..]], "13 elements where 12");
        AssertRefused(Replaced(file, 0xe9, 0xe8), "unknown version");
        AssertRefused(PickleBuilder.Legacy(PickleBuilder.Of(p => p.Integer(1))), "list of storages");
    }

    private static readonly (string Header, int Data, string Because)[] BadSafetensors =
    [
        ("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}""", 16, "16 bytes"),
        ("""{"x":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}""", 16, "wants"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 15, "outside the file"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 17, "its data 17"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}""", 16, "outside the file"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}""", 16, "impossible"),
        ("""{"x":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}""", 16, "impossible"),
        ("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}""", 16, "wants"),
        ("""{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]}}""", 16, "impossible"),
        ("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,16]}}""", 16, "impossible"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,8,16]}}""", 16, "lacks"),
        ("""{"x":{"dtype":"C64","shape":[2],"data_offsets":[0,16]}}""", 16, "C64"),
        ("""{"x":{"dtype":"F32","shape":[4]}}""", 16, "lacks"),
        ("""{"x":{"dtype":"F32","dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 16, "repeated"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"more":1}}""", 16, "unknown"),
        ("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "twice"),
        ("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"y":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "overlaps"),
        ("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "gap"),
        ("""{"__metadata__":{"a":1}}""", 0, "not that of safetensors"),
        ("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "twice"),
        ("""{"__metadata__":{},"__metadata__":{}}""", 0, "twice"),
        ("""{"x":[[[[[[]]]]]]}""", 0, "safetensors"),
        ("""{"x":3}""", 0, "safetensors"),
        ("""{"x":{}} {}""", 0, "lacks"),
        ("""{} {}""", 0, "safetensors"),
        ("""{"x""", 0, "safetensors"),
    ];

    [TestCaseSource(nameof(BadSafetensors))]
    public void Refuses_safetensors_headers_that_break_the_rules((string Header, int Data, string Because) bad) =>
        AssertRefused(Safetensors(bad.Header, bad.Data), bad.Because);

    [Test]
    public void Refuses_safetensors_headers_that_are_too_long()
    {
        foreach (var length in new[] { long.MaxValue, 1L << 40, 100, 0, -1 })
        {
            var file = Safetensors("{}", 0);
            BinaryPrimitives.WriteInt64LittleEndian(file, length);
            AssertRefused(file, "");
        }
        AssertRefused(Safetensors("{" + new string(' ', 9 << 20) + "}", 0), "at most");
    }

    [Test]
    public void Many_entries_stay_within_bounds()
    {
        using var stream = new MemoryStream();
        var zip = new ZipWriter(stream);
        for (var i = 0; i < 70_000; i++)
            zip.Add($"archive/{i}", []);
        zip.Finish();
        var file = stream.ToArray();
        var peak = PeakMemory.Of(() => AssertRefused(file, "70000 entries"));
        Assert.That(peak, Is.LessThan(64 << 20));

        var header = "{" + string.Join(",", Enumerable.Range(0, 70_000).Select(i => $"\"{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}")) + "}";
        var safetensors = Safetensors(header, 0);
        peak = PeakMemory.Of(() => AssertRefused(safetensors, "more than 65536 tensors"));
        Assert.That(peak, Is.LessThan(64 << 20));
    }

    private static byte[] Patched(int offset, byte[] bytes)
    {
        var file = PickleBuilder.Zip(Pickle);
        bytes.CopyTo(file, offset);
        return file;
    }

    private static byte[] Replaced(byte[] file, byte from, byte to)
    {
        var copy = (byte[])file.Clone();
        copy[Array.IndexOf(copy, from)] = to;
        return copy;
    }

    private static byte[] Archive(params (string Name, string Text)[] entries)
    {
        using var stream = new MemoryStream();
        var zip = new ZipWriter(stream);
        foreach (var (name, text) in entries)
            zip.Add(name, Encoding.UTF8.GetBytes(text));
        zip.Finish();
        return stream.ToArray();
    }

    private static byte[] Safetensors()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        CheckpointWriter.Save(folder["x.safetensors"], new Dictionary<string, Tensor> { ["x"] = ones([3]), ["y"] = ones([2, 2], dtype: ScalarType.Int64) });
        return File.ReadAllBytes(folder["x.safetensors"]);
    }

    private static byte[] Safetensors(string header, int data) =>
        [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[data]];

    private static int CentralHeader(string name) => LastIndexOf(PickleBuilder.Zip(Pickle), Encoding.UTF8.GetBytes(name)) - 46;

    private static int LocalHeader(byte[] file, string name) => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)) - 30;

    private static int LastIndexOf(byte[] file, ReadOnlySpan<byte> bytes) => file.AsSpan().LastIndexOf(bytes);

    private static void AssertRefused(byte[] file, string because)
    {
        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(file, Name).Dispose())!;
        Assert.That(error.Message, Does.StartWith(Name + ": ").And.Contains(because));
    }
}
