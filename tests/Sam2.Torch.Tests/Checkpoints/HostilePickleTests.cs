using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TestSupport;

namespace Sam2.Torch.Tests.Checkpoints;

public class HostilePickleTests
{
    private const string File = "evil.pt";

    private static readonly (string Module, string Name)[] ForbiddenGlobals =
    [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"),
        ("__builtin__", "eval"), ("__builtin__", "apply"), ("runpy", "run_path"), ("webbrowser", "open"), ("torch", "load"), ("torch.hub", "load"), ("torch", "Tensor"),
        ("torch.storage", "_load_from_bytes"), ("torch.serialization", "load"), ("torch.jit", "load"), ("torch._utils", "_rebuild_sparse_tensor"),
        ("numpy.core.multiarray", "_reconstruct"), ("numpy", "load"), ("collections", "OrderedDict.fromkeys"), ("collections", "Counter"), ("copyreg", "_reconstructor"),
        ("functools", "partial"), ("operator", "attrgetter"), ("System.Diagnostics", "Process"), ("", ""), ("torch FloatStorage", ""), ("torch._utils._rebuild_tensor", "v2"),
    ];

    private static readonly byte[] AllowedOpcodes =
        [.. ".(01N}])tabehjqrsuGJKMQRTUXBCc"u8.ToArray(), 0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x93, 0x94, 0x95];

    [TestCaseSource(nameof(ForbiddenGlobals))]
    public void Refuses_every_import_beyond_the_few_that_tensors_need((string Module, string Name) global)
    {
        Action<PickleBuilder> byGlobal = p => p.Global(global.Module, global.Name).Op('(').Text("touch x").Op('t').Op('R');
        Action<PickleBuilder> byStack = p => p.Text(global.Module).Text(global.Name).Op(0x93).Op('(').Text("touch x").Op('t').Op('R');
        foreach (var file in Both(byGlobal).Concat(Both(byStack)))
            AssertRefused(file, $"'{global.Module}.{global.Name}'");
    }

    [Test]
    public void Runs_nothing_of_a_pickle_that_Python_would_run()
    {
        using var folder = new TemporaryFolder();
        PythonTorch.Run($$$"""
            import os, torch
            class Evil:
                def __reduce__(self): return os.system, ("touch {{{folder["ran"]}}}",)
            torch.save({"model": {"w": torch.zeros(2)}, "evil": Evil()}, r"{{{folder["evil.pt"]}}}")
            torch.save({"model": {"w": torch.zeros(2)}, "evil": Evil()}, r"{{{folder["old.pt"]}}}", _use_new_zipfile_serialization=False)
            """);
        foreach (var name in new[] { "evil.pt", "old.pt" })
            Assert.That(() => Checkpoint.Open(folder[name]), Throws.TypeOf<CheckpointException>().With.Message.Contains(name).And.Message.Contains("posix.system"));
        Assert.That(System.IO.File.Exists(folder["ran"]), Is.False);
    }

    [Test]
    public void Refuses_every_opcode_beyond_the_few_that_tensors_need()
    {
        for (var opcode = 0; opcode < 256; opcode++)
            if (!AllowedOpcodes.Contains((byte)opcode))
                AssertRefused(PickleBuilder.Zip(PickleBuilder.Of(p => p.Raw((byte)opcode))), $"0x{opcode:x2}");
    }

    [Test]
    public void Refuses_allowed_functions_with_other_arguments()
    {
        string[] functions = ["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter", "_rebuild_parameter_with_state"];
        foreach (var function in functions)
        {
            AssertRefused(Zip(p => p.Global("torch._utils", function).Op(')').Op('R')), "unexpected arguments");
            AssertRefused(Zip(p => p.Global("torch._utils", function).Op('(').Text("a").Integer(1).Text("b").Text("c").Op('t').Op('R')), "unexpected arguments");
        }
        AssertRefused(Zip(p => p.Global("torch", "FloatStorage").Op(')').Op('R')), "not a function");
        AssertRefused(Zip(p => p.Text("os.system").Op(')').Op('R')), "not a function");
        AssertRefused(Zip(p => p.Global("torch", "FloatStorage")), "global");
        AssertRefused(Zip(p => p.Op('(').Global("torch", "FloatStorage").Op('t')), "plain value");
        AssertRefused(Zip(p => p.Global("_codecs", "encode").Op('(').Text("x").Text("rot13").Op('t').Op('R')), "byte string");
        AssertRefused(Zip(p => p.Op(']').Op('}').Op('b')), "attributes");
        AssertRefused(Zip(p => p.Tensor(12, 0, [12], [1]).Op('}').Op('b')), "attributes");
    }

    [TestCase(12, 0, new[] { 13L }, new[] { 1L })]
    [TestCase(12, 1, new[] { 12L }, new[] { 1L })]
    [TestCase(12, 0, new[] { 3L, 4 }, new[] { 5L, 1 })]
    [TestCase(12, 0, new[] { 2L }, new[] { 12L })]
    [TestCase(12, 12, new long[0], new long[0])]
    [TestCase(12, 13, new[] { 0L }, new[] { 1L })]
    [TestCase(12, long.MaxValue, new[] { 1L }, new[] { 1L })]
    [TestCase(12, 0, new[] { 1L << 62, 1L << 62 }, new[] { 0L, 0 })]
    [TestCase(12, 0, new[] { 4L }, new[] { long.MaxValue })]
    [TestCase(12, 4, new[] { 2L, 2 }, new[] { 1L << 62, 1L << 62 })]
    [TestCase(12, -1, new[] { 1L }, new[] { 1L })]
    [TestCase(12, 0, new[] { -1L }, new[] { 1L })]
    [TestCase(12, 11, new[] { 2L }, new[] { -1L })]
    [TestCase(12, 0, new[] { 1L, 1 }, new[] { 1L })]
    [TestCase(-1, 0, new[] { 1L }, new[] { 1L })]
    [TestCase(13, 0, new[] { 13L }, new[] { 1L })]
    [TestCase(long.MaxValue, 0, new[] { 12L }, new[] { 1L })]
    [TestCase(long.MaxValue / 2, 0, new[] { 12L }, new[] { 1L })]
    public void Refuses_tensors_outside_their_storage_and_storages_outside_the_file(long count, long offset, long[] size, long[] stride)
    {
        AssertRefused(Zip(p => p.Tensor(count, offset, size, stride)), "");
        AssertRefused(PickleBuilder.Legacy(PickleBuilder.Of(p => LegacyTensor(p, count, offset, size, stride, view: null))), "");
    }

    [TestCase(0, 13)]
    [TestCase(6, 7)]
    [TestCase(-1, 2)]
    [TestCase(2, -1)]
    [TestCase(long.MaxValue, 1)]
    [TestCase(1, long.MaxValue)]
    public void Refuses_legacy_storage_views_outside_their_storage(long first, long length) =>
        AssertRefused(PickleBuilder.Legacy(PickleBuilder.Of(p => LegacyTensor(p, 12, 0, [1], [1], (first, length)))), "view");

    [Test]
    public void Accepts_legacy_storage_views_inside_their_storage()
    {
        var file = PickleBuilder.Legacy(PickleBuilder.Of(p => LegacyTensor(p, 12, 1, [5], [1], (6, 6))));
        file[^4] = 0x80;   // the last float becomes 4.6e-41
        using var checkpoint = Checkpoint.Open(file);
        using var x = checkpoint.StateDict["x"].Load();
        Assert.That(x.data<float>().ToArray(), Is.EqualTo(new[] { 0, 0, 0, 0, BitConverter.Int32BitsToSingle(0x80) }));
    }

    [Test]
    public void Refuses_storages_that_are_not_in_the_archive()
    {
        AssertRefused(Zip(p => p.Tensor(12, 0, [12], [1], key: "1")), "'1' is not in the archive");
        AssertRefused(Zip(p => p.Tensor(12, 0, [12], [1], key: "../0")), "is not in the archive");
        AssertRefused(Zip(p => p.Tensor(12, 0, [12], [1], "DoubleStorage")), "48 bytes");
        AssertRefused(Zip(p => p.Tensor(12, 0, [12], [1], "ComplexFloatStorage")), "ComplexFloatStorage");
        AssertRefused(Zip(p => p.Text("0").Op('Q')), "storage");
        AssertRefused(Zip(p => p.Op('(').Text("module").Op('t').Op('Q')), "storage");
    }

    [Test]
    public void Accepts_expanded_tensors_without_materialising_them()
    {
        using var checkpoint = Checkpoint.Open(Zip(p => p.Tensor(12, 3, [1L << 40, 2], [0, 1])));
        using var x = checkpoint.StateDict["x"].Load();
        Assert.That(x.shape, Is.EqualTo(new[] { 1L << 40, 2 }));
    }

    [TestCase(']', 'a')]
    [TestCase('}', 's')]
    public void Refuses_values_that_contain_themselves(char empty, char add)
    {
        AssertRefused(PickleBuilder.Zip(PickleBuilder.Beside(p =>
        {
            p.Op(empty).Op('q', 0);
            if (add == 's') p.Text("k");
            p.Op('h', 0).Op(add);
        })), "contains itself");
    }

    [TestCase(65)]
    [TestCase(1_000)]
    [TestCase(200_000)]
    [TestCase(1_000_000)]
    public void Refuses_deep_nesting(int depth)
    {
        AssertRefused(PickleBuilder.Zip(PickleBuilder.Beside(p => p.Repeat(depth, (byte)'('))), "");
        AssertRefused(PickleBuilder.Zip(PickleBuilder.Beside(p => p.Op('N').Repeat(depth, 0x85))), "");
        AssertRefused(PickleBuilder.Zip(PickleBuilder.Beside(p => p.Op(']').Repeat(depth, (byte)']').Repeat(depth, (byte)'a'))), "");
        AssertRefused(PickleBuilder.Legacy(PickleBuilder.Beside(p => p.Op('N').Repeat(depth, 0x85), legacy: true)), "");
    }

    [Test]
    public void Accepts_moderate_nesting()
    {
        using var checkpoint = Checkpoint.Open(PickleBuilder.Zip(PickleBuilder.Beside(p => p.Op('N').Repeat(60, 0x85))));
        Assert.That(checkpoint.Entries, Contains.Key("y"));
    }

    [Test]
    public void Refuses_shared_values_that_unfold_to_billions() =>
        AssertRefused(PickleBuilder.Zip(PickleBuilder.Beside(p => p.Op('N').Repeat(40, (byte)'q', 0, (byte)'h', 0, 0x86))), "unfold");

    // Every way found to make the reader hold more than the file has: each must end below 64 MB beyond the file's size.
    private static readonly (string What, Action<PickleBuilder> Value)[] Bombs =
    [
        ("empty lists", p => p.Op(']').Op('(').Repeat(4_000_000, (byte)']').Op('e')),
        ("empty dictionaries", p => p.Op(']').Op('(').Repeat(4_000_000, (byte)'}').Op('e')),
        ("empty tuples", p => p.Op('(').Repeat(4_000_000, (byte)')').Op('t')),
        ("ordered dictionaries", p => p.Global("collections", "OrderedDict").Op('q', 0).Op('0').Op(']').Op('(').Repeat(1_000_000, (byte)'h', 0, (byte)')', (byte)'R').Op('e')),
        ("stacked values", p => p.Repeat(8_000_000, (byte)'N')),
        ("integers", p => p.Op('(').Repeat(4_000_000, (byte)'K', 7).Op('t')),
        ("empty strings", p => p.Op('(').Repeat(4_000_000, (byte)'U', 0).Op('t')),
        ("references", p => p.Op('N').Op('q', 0).Op('(').Repeat(4_000_000, (byte)'h', 0).Op('t')),
        ("tuples of references", p => p.Op('N').Op('q', 0).Op(']').Op('(').Repeat(1_000_000, (byte)'h', 0, (byte)'h', 0, (byte)'h', 0, 0x87).Op('e')),
        ("a far memo slot", p => p.Op('N').Op('r', 0xff, 0xff, 0xff, 0x7f)),
        ("a negative memo slot", p => p.Op('N').Op('r', 0xff, 0xff, 0xff, 0xff)),
        ("memo slots", p => p.Op('N').Op('r', 0xff, 0xff, 0x07, 0x00)),
        ("a string of 4 GB", p => p.Op('X', 0xff, 0xff, 0xff, 0xff)),
        ("bytes of 2 GB", p => p.Op('B', 0xff, 0xff, 0xff, 0x7f)),
        ("an integer of 2 GB", p => p.Op(0x8b, 0xff, 0xff, 0xff, 0x7f)),
        ("an integer of negative length", p => p.Op(0x8b, 0xff, 0xff, 0xff, 0xff)),
        ("a name without end", p => p.Op('c').Repeat(4_000_000, (byte)'a')),
        ("tensors", p =>
        {
            p.Global("torch._utils", "_rebuild_tensor_v2").Op('q', 0).Op('0');
            p.Op('(').Op('(').Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Integer(12).Op('t').Op('Q').Integer(0).Longs(1).Longs(1).Op('t').Op('q', 1).Op('0');
            p.Op(']').Op('(').Repeat(1_000_000, (byte)'h', 0, (byte)'h', 1, (byte)'R').Op('e');
        }),
    ];

    private static IEnumerable<TestCaseData> BombCases => Bombs.Select(bomb => new TestCaseData(bomb.Value).SetArgDisplayNames(bomb.What));

    [TestCaseSource(nameof(BombCases))]
    public void Small_pickles_can_not_grow_large(object value)
    {
        foreach (var file in Both((Action<PickleBuilder>)value))
        {
            var peak = PeakMemory.Of(() =>
            {
                try
                {
                    Checkpoint.Open(file, File).Dispose();
                }
                catch (CheckpointException e)
                {
                    Assert.That(e.Message, Does.StartWith(File));
                }
            });
            TestContext.Out.WriteLine($"{peak >> 20} MB");
            Assert.That(peak, Is.LessThan(64 << 20));
        }
    }

    [Test]
    public void Keys_that_are_meant_to_collide_do_not_slow_it_down()
    {
        // 60,000 integers with one value of high ^ low, the hash of long in .NET.
        var pickle = PickleBuilder.Beside(p =>
        {
            p.Op('}').Op('(');
            for (long i = 0; i < 60_000; i++)
                p.Integer(i << 32 | i).Op('N');
            p.Op('u');
        });
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var checkpoint = Checkpoint.Open(PickleBuilder.Zip(pickle));
        Assert.That((PlainDictionary)checkpoint.Entries["y"]!, Has.Count.EqualTo(60_000));
        Assert.That(clock.Elapsed.TotalSeconds, Is.LessThan(5), "quadratic time would take minutes");
    }

    private static byte[][] Both(Action<PickleBuilder> value) =>
        [PickleBuilder.Zip(PickleBuilder.Beside(value)), PickleBuilder.Legacy(PickleBuilder.Beside(value, legacy: true))];

    private static byte[] Zip(Action<PickleBuilder> value) => PickleBuilder.Zip(PickleBuilder.Of(value));

    private static void LegacyTensor(PickleBuilder p, long count, long offset, long[] size, long[] stride, (long First, long Length)? view)
    {
        p.Global("torch._utils", "_rebuild_tensor").Op('(');
        p.Op('(').Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Integer(count);
        if (view is { } v)
            p.Op('(').Text("v").Integer(v.First).Integer(v.Length).Op('t');
        else
            p.Op('N');
        p.Op('t').Op('Q').Integer(offset).Longs(size).Longs(stride).Op('t').Op('R');
    }

    private static void AssertRefused(byte[] file, string because)
    {
        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(file, File).Dispose())!;
        Assert.That(error.Message, Does.StartWith(File + ": ").And.Contains(because));
        Assert.That(error.Cause, Is.Not.Empty);
    }
}
