using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using TestSupport;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

public class PickledModuleTests : FolderTests
{
    private static readonly string Nano = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");

    // A module tree with the weights of a file, whose classes are of another package, and the attributes that real ones have.
    private static readonly string Build = $$"""
        import functools, pathlib, sys, types, torch
        def package(name):
            module = sys.modules[name] = types.ModuleType(name)
            return module
        for name in ("ultralytics", "ultralytics.models", "ultralytics.models.sam", "ultralytics.models.sam.modules"): package(name)
        sam = package("ultralytics.models.sam.modules.sam")
        exec('''
        import torch
        class SAM2Model(torch.nn.Module): pass
        class Part(torch.nn.Module): pass
        def compute_axial_cis(dim): pass
        ''', sam.__dict__)
        weights = torch.load(r"{{Nano}}", map_location="cpu")["model"]
        model = sam.SAM2Model()
        for key, value in weights.items():
            *path, name = key.split(".")
            at = model
            for part in path:
                if part not in at._modules: at.add_module(part, sam.Part())
                at = at._modules[part]
            if "gaussian" in name: at.register_buffer(name, value)
            else: at.register_parameter(name, torch.nn.Parameter(value))
        attention = model._modules["memory_attention"]
        attention.compute_cis = functools.partial(sam.compute_axial_cis, dim=64)
        attention.freqs_cis = torch.polar(torch.ones(4, 8), torch.ones(4, 8))
        attention.cache = {(64, 64): torch.zeros(2), (32, 32): torch.ones(2)}
        attention.act = torch.nn.functional.gelu
        attention.drop = torch.nn.Dropout(0.1)
        attention.register_parameter("absent", None)
        attention.register_buffer("hidden", torch.zeros(3), persistent=False)
        model.pt_path = pathlib.PosixPath("a/b")
        model.device_of_last = torch.device("cpu")
        """;

    [Test]
    public void A_module_that_was_saved_whole_is_its_state_dict()
    {
        PythonTorch.Run($$"""
            {{Build}}
            torch.save(model, r"{{Folder["module.pt"]}}")
            torch.save(model.state_dict(), r"{{Folder["fp32.pt"]}}")
            model = model.half()
            torch.save({"model": model, "ema": None, "date": "2026-01-01", "version": "8.4.0", "docs": "https://docs.ultralytics.com", "train_args": {"lr0": 0.01} }, r"{{Folder["sam2.1_t.pt"]}}")
            torch.save({"model": None, "ema": model, "epoch": 3, "args": sam.Part(), "nested": [1, dict(x=sam.Part())]}, r"{{Folder["ema.pt"]}}")
            torch.save(model.state_dict(), r"{{Folder["fp16.pt"]}}")
            import os
            class Evil:
                def __reduce__(self): return os.system, (r"touch {{Folder["ran"]}}",)
            model.evil = Evil()
            torch.save(model, r"{{Folder["evil.pt"]}}")
            """);
        foreach (var (name, same, entries) in new (string, string, string[])[]
                 {
                     ("module.pt", "fp32.pt", []), ("sam2.1_t.pt", "fp16.pt", ["ema", "date", "version", "docs", "train_args"]), ("ema.pt", "fp16.pt", ["epoch"]),
                 })
        {
            using var whole = Checkpoint.Open(Folder[name]);
            using var expected = Checkpoint.Open(Folder[same]);
            Assert.That(whole.Layout, Is.EqualTo(CheckpointLayout.Ultralytics), name);
            Assert.That(whole.Entries.Keys, Is.EqualTo(entries), name);
            SameTensors.Assert(whole, expected);
        }

        Assert.That(() => Checkpoint.Open(Folder["evil.pt"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("posix.system"));
        Assert.That(File.Exists(Folder["ran"]), Is.False);
    }

    [Test]
    public void Helpers_of_modules_are_refused_where_there_is_no_module() =>
        AssertRefused(p => p.Global("functools", "partial").Op('(').Text("x").Op('t').Op('R'), "functools.partial");

    [Test]
    public void An_object_that_is_no_module_is_refused()
    {
        AssertRefused(p => Object(p, "sam2.modeling.sam2_base", "SAM2Base"), "SAM2Base");
        AssertRefused(p => Object(p, "sam2.modeling.sam2_base", "SAM2Base").Op('}').Op('b'), "SAM2Base");
        AssertRefused(p => Module(p, parameters: q => q.Op('}'), modules: q => q.Op(']')), "_modules");
        AssertRefused(p => Module(p, parameters: q => q.Op('}').Text("w").Integer(3).Op('s'), modules: q => q.Op('}')), "'w'");
        AssertRefused(p => Module(p, parameters: q => q.Op('}').Integer(7).Op('N').Op('s'), modules: q => q.Op('}')), "not a name");
        AssertRefused(p => Module(p, parameters: q => q.Op('}'), modules: q => q.Op('}').Text("child").Text("text").Op('s')), "'child'");
        AssertRefused(p => p.Global("os", "system").Op(')').Op(0x81), "os.system");
        AssertRefused(p => p.Text("os.system").Op(')').Op(0x81), "0x81");
        AssertRefused(p => p.Global("torch.nn", "Linear").Op('}').Op(0x81), "0x81");
    }

    [Test]
    public void A_module_that_contains_itself_or_nests_deep_is_refused()
    {
        // The object is remembered, and its own child.
        AssertRefused(p => Object(p, "sam2", "M").Op('q', 5).Op('}').Text("_parameters").Op('}').Op('s').Text("_modules").Op('}').Text("child").Op('h', 5).Op('s').Op('s').Op('b'), "contains itself");
        AssertRefused(p =>
        {
            for (var i = 0; i < 40; i++)
                Object(p, "sam2", "M").Op('}').Text("_parameters").Op('}').Op('s').Text("_modules").Op('}').Text("c");
            p.Op('N');
            for (var i = 0; i < 40; i++)
                p.Op('s').Op('s').Op('b');
        }, "levels");
    }

    [Test]
    public void Modules_that_share_children_do_not_unfold_without_end() => AssertRefused(p =>
    {
        // Each level has the one before it twice: 2^20 tensors.
        Module(p, q => q.Op('}').Text("w").Tensor(12, 0, [12], [1]).Op('s'), q => q.Op('}')).Op('q', 0);
        for (byte i = 1; i <= 20; i++)
        {
            var below = (byte)(i - 1);
            p.Op('0');
            Module(p, q => q.Op('}'), q => q.Op('}').Text("a").Op('h', below).Op('s').Text("b").Op('h', below).Op('s')).Op('q', i);
        }
    }, "");

    private static PickleBuilder Object(PickleBuilder p, string module, string name) => p.Global(module, name).Op(')').Op(0x81);

    private static PickleBuilder Module(PickleBuilder p, Action<PickleBuilder> parameters, Action<PickleBuilder> modules)
    {
        Object(p, "torch.nn", "Module").Op('}').Text("_parameters");
        parameters(p);
        p.Op('s').Text("_buffers").Op('}').Op('s').Text("_modules");
        modules(p);
        return p.Op('s').Op('b');
    }

    private static void AssertRefused(Action<PickleBuilder> root, string named)
    {
        var builder = new PickleBuilder();
        root(builder);
        Assert.That(() => Checkpoint.Open(PickleBuilder.Zip(builder.ToArray()), "evil.pt"), Throws.TypeOf<CheckpointException>().With.Message.Contains(named).And.Message.Contains("evil.pt"));
    }
}
