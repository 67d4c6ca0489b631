using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Scripts;

/// <summary>TorchScript files that Python made (make.py beside this file), loaded and called as TorchSharp does it.</summary>
public sealed class ScriptModuleTests
{
    private DisposeScope scope = null!;
    private Tensor x = null!;

    [SetUp]
    public void OpenScope()
    {
        scope = NewDisposeScope();
        x = tensor(new[] { 1f, 2f });
    }

    [TearDown]
    public void CloseScope()
    {
        x.Dispose();
        scope.Dispose();
    }

    [Test]
    public void Results_have_the_types_that_TorchSharp_gives_them()
    {
        using var script = jit.load(PathOf("results"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Numbers(script.forward(x)), Is.EqualTo(new[] { 2f, 4f }));
            Assert.That(Numbers(script.call(x)), Is.EqualTo(new[] { 2f, 4f }));
            Assert.That(script.invoke("pair", x), Is.InstanceOf<(Tensor, Tensor)>());
            Assert.That(script.invoke("triple", x), Is.InstanceOf<(Tensor, Tensor, Tensor)>());
            Assert.That(script.invoke("four", x), Is.InstanceOf<(Tensor, Tensor, Tensor, Tensor)>());
            Assert.That(script.invoke("five", x), Is.InstanceOf<(Tensor, Tensor, Tensor, Tensor, Tensor)>());
            Assert.That(((Tensor[])script.invoke("six", x)).Select(t => t[0].item<float>()), Is.EqualTo(new[] { 1f, 2, 3, 4, 5, 6 }));
            Assert.That(((Tensor[])script.invoke("listed", x, 3)).Select(t => t[1].item<float>()), Is.EqualTo(new[] { 2f, 3, 4 }));
            Assert.That(script.invoke("listed", x, 0), Is.InstanceOf<Tensor[]>().And.Empty);
            Assert.That(((Scalar[])script.invoke("numbers", 4L)).Select(s => s.ToInt64()), Is.EqualTo(new[] { 0L, 1, 4, 9 }));
        }

        var (a, b, c) = ((Scalar, Scalar, Scalar))script.invoke("scalars", 4, 1.5, true);
        Assert.That((a.ToInt32(), b.ToDouble(), c.ToBoolean()), Is.EqualTo((5, 3.0, false)));
        var (same, seven) = ((object, object))script.invoke("mixed", x);
        Assert.That(Numbers(same), Is.EqualTo(new[] { 1f, 2f }));
        Assert.That(((Scalar)seven).ToInt32(), Is.EqualTo(7));
        var (_, list, inner) = ((object, object, object))script.invoke("nested", x);
        Assert.That((Tensor[])list, Has.Length.EqualTo(2));
        var (three, nothing) = ((object, object))inner;
        Assert.That((((Scalar)three).ToInt32(), nothing), Is.EqualTo((3, (object?)null)));
    }

    [Test]
    public void Arguments_of_every_type_are_passed()
    {
        using var script = jit.load(PathOf("results"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.invoke("maybe", [null!]), Is.Null);
            Assert.That(Numbers(script.invoke("maybe", x)), Is.EqualTo(new[] { 2f, 3f }));
            Assert.That(Numbers(script.invoke("joined", [new[] { x, x }])), Is.EqualTo(new[] { 1f, 2f, 1f, 2f }));
            Assert.That(script.invoke<(Tensor, Tensor)>("pair", x).Item2[0].item<float>(), Is.EqualTo(2));
            Assert.That(script.invoke("scalars", (Scalar)4, 1.5f, false), Is.InstanceOf<(Scalar, Scalar, Scalar)>());
            Assert.That(() => script.forward("text"), Throws.TypeOf<NotImplementedException>().With.Message.Contains("String"));
            Assert.That(() => script.invoke("", x), Throws.ArgumentNullException);
        }
    }

    [Test]
    public void Scripts_of_one_input_run_their_hooks()
    {
        using var script = jit.load<Tensor, Tensor>(PathOf("results"));
        Assert.That(Numbers(script.forward(x)), Is.EqualTo(new[] { 2f, 4f }));
        var before = script.register_forward_pre_hook((_, input) => input + 1);
        var after = script.register_forward_hook((_, _, result) => result * 10);
        Assert.That(Numbers(script.call(x)), Is.EqualTo(new[] { 40f, 60f }));
        before.remove();
        after.remove();
        Assert.That(Numbers(script.call(x)), Is.EqualTo(new[] { 2f, 4f }));
    }

    [Test]
    public void Scripts_of_two_inputs_run_their_hooks()
    {
        using var script = jit.load<Tensor, int, (Tensor, Tensor)>(PathOf("two"));
        Assert.That((script.GetNumberOfInputs(), script.GetNumberOfOutputs()), Is.EqualTo((2, 1)));
        Assert.That(Numbers(script.forward(x, 3).Item1), Is.EqualTo(new[] { 3f, 6f }));
        var before = script.register_forward_pre_hook((_, input, times) => (input, times + 1));
        var after = script.register_forward_hook((_, _, _, result) => (result.Item2, result.Item1));
        Assert.That(Numbers(script.call(x, 3).Item1), Is.EqualTo(new[] { 5f, 6f }));
        before.remove();
        after.remove();
        Assert.That(Numbers(script.call(x, 3).Item2), Is.EqualTo(new[] { 4f, 5f }));
    }

    [Test]
    public void Every_way_of_loading_gives_the_same_script()
    {
        string path = PathOf("results");
        byte[] bytes = File.ReadAllBytes(path);
        jit.ScriptModule[] plain = [jit.load(path), jit.load(path, CPU), jit.load(path, "cpu"), jit.load(bytes), jit.load(bytes, CPU), jit.load(bytes, "cpu")];
        jit.ScriptModule<Tensor>[] any =
            [jit.load<Tensor>(path), jit.load<Tensor>(path, CPU), jit.load<Tensor>(path, "cpu"), jit.load<Tensor>(bytes), jit.load<Tensor>(bytes, CPU), jit.load<Tensor>(bytes, "cpu")];
        jit.ScriptModule<Tensor, Tensor>[] one =
        [
            jit.load<Tensor, Tensor>(path), jit.load<Tensor, Tensor>(path, CPU), jit.load<Tensor, Tensor>(path, "cpu"),
            jit.load<Tensor, Tensor>(bytes), jit.load<Tensor, Tensor>(bytes, CPU), jit.load<Tensor, Tensor>(bytes, "cpu"),
        ];
        path = PathOf("two");
        bytes = File.ReadAllBytes(path);
        jit.ScriptModule<Tensor, long, (Tensor, Tensor)>[] two =
        [
            jit.load<Tensor, long, (Tensor, Tensor)>(path), jit.load<Tensor, long, (Tensor, Tensor)>(path, CPU), jit.load<Tensor, long, (Tensor, Tensor)>(path, "cpu"),
            jit.load<Tensor, long, (Tensor, Tensor)>(bytes), jit.load<Tensor, long, (Tensor, Tensor)>(bytes, CPU), jit.load<Tensor, long, (Tensor, Tensor)>(bytes, "cpu"),
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plain.Select(s => Numbers(s.forward(x))[1]), Is.All.EqualTo(4));
            Assert.That(any.Select(s => Numbers(s.forward(x))[1] + Numbers(s.call(x))[1]), Is.All.EqualTo(8));
            Assert.That(one.Select(s => Numbers(s.forward(x))[1]), Is.All.EqualTo(4));
            Assert.That(two.Select(s => Numbers(s.forward(x, 5).Item1)[1]), Is.All.EqualTo(10));
        }

        foreach (nn.Module module in plain.Concat(any).Concat(one).Concat(two)) module.Dispose();
    }

    [Test]
    public void Parameters_buffers_and_submodules_are_listed_by_path()
    {
        using var script = jit.load(PathOf("layer"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.named_parameters().Select(p => (p.name, p.parameter.requires_grad)), Is.EqualTo(new[] { ("linear.weight", true), ("linear.bias", false) }));
            Assert.That(script.named_buffers().Select(b => b.name), Is.EqualTo(new[] { "scale" }));
            Assert.That(script.state_dict().Keys, Is.EquivalentTo(new[] { "linear.weight", "linear.bias", "scale" }));
            Assert.That(script.named_children().Select(c => c.name), Is.EqualTo(new[] { "linear", "drop" }));
            Assert.That(script.named_modules().Select(c => c.name), Is.EqualTo(new[] { "linear", "drop" }));
            // TorchSharp 0.107 has nameless entries for what is no tensor.
            Assert.That(script.named_attributes().Select(a => a.Item1).Where(name => name is not null), Is.EquivalentTo(new[] { "linear.weight", "linear.bias", "scale" }));
            Assert.That(script.named_attributes(recurse: false).Select(a => a.Item1).Where(name => name is not null), Is.EqualTo(new[] { "scale" }));
        }
    }

    [Test]
    public void Training_mode_types_and_attributes_change_the_script_itself()
    {
        using var script = jit.load(PathOf("layer"));
        using var input = ones(1, 3);
        Assert.That(script.training);
        Assert.That(Numbers(script.forward(input)), Is.EqualTo(new[] { 0f, 0f }), "everything is dropped while training");
        script.eval();
        Assert.That(script.training, Is.False);
        Assert.That(Numbers(script.forward(input)), Is.EqualTo(new[] { 7f, 34.5f }));
        script.train();
        Assert.That(script.training);
        script.eval();

        script.set_attribute("scale", ones(2));
        Assert.That(Numbers(script.forward(input)), Is.EqualTo(new[] { 3.5f, 11.5f }));
        script.to(float64);
        Assert.That(((Tensor)script.forward(input.to(float64))).dtype, Is.EqualTo(float64));
        Assert.That(script.parameters().Select(p => p.dtype), Is.All.EqualTo(float64));
        script.to(CPU, float32).to(CPU);
        Assert.That(Numbers(script.forward(input)), Is.EqualTo(new[] { 3.5f, 11.5f }));
    }

    [Test]
    public void Gradients_flow_into_the_scripts_parameters()
    {
        using var script = jit.load<Tensor, Tensor>(PathOf("layer"));
        script.eval();
        script.forward(ones(1, 3)).sum().backward();
        Assert.That(Numbers(script.get_parameter("linear.weight")!.grad!), Is.EqualTo(new[] { 2f, 2, 2, 3, 3, 3 }));
        script.zero_grad();
        Assert.That(script.get_parameter("linear.weight")!.grad, Is.Null);
    }

    [Test]
    public void A_script_that_is_saved_loads_again()
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.pt");
        try
        {
            using (var script = jit.load(PathOf("layer")))
            {
                script.eval();
                jit.save(script, path);
            }

            using var again = jit.load(path);
            Assert.That(again.training, Is.False);
            Assert.That(Numbers(again.forward(ones(1, 3))), Is.EqualTo(new[] { 7f, 34.5f }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void What_goes_wrong_is_an_exception_with_the_reason()
    {
        using var script = jit.load(PathOf("results"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => jit.load("none.pt"), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("none.pt"));
            Assert.That(() => jit.load(PathOf("make", "py")), Throws.TypeOf<ExternalException>());
            Assert.That(() => jit.load(new byte[] { 1, 2, 3 }), Throws.TypeOf<ExternalException>());
            Assert.That(() => script.invoke("unknown", x), Throws.TypeOf<ExternalException>().With.Message.Contains("unknown"));
            Assert.That(() => script.forward(), Throws.TypeOf<ExternalException>().With.Message.Contains("missing value for argument"));
            Assert.That(() => script.forward(x, x), Throws.TypeOf<ExternalException>());
            Assert.That(() => script.invoke("numbers", x), Throws.TypeOf<ExternalException>());
            Assert.That(() => script.invoke("fails", x), Throws.TypeOf<ExternalException>().With.Message.Contains("no such luck"));
            Assert.That(() => script.invoke("table", x), Throws.TypeOf<NotImplementedException>().With.Message.Contains("table"));
            Assert.That(() => jit.save(script, "/none/such/folder/a.pt"), Throws.TypeOf<ExternalException>());
            if (!cuda.is_available())
                Assert.That(() => jit.load(PathOf("results"), DeviceType.CUDA, 0), Throws.InvalidOperationException);
        }
    }

    [Test]
    public void Cut_off_files_are_errors_and_never_crash()
    {
        byte[] good = File.ReadAllBytes(PathOf("layer"));
        for (int length = 0; length < good.Length; length += 97)
            Assert.That(() => jit.load(good[..length]), Throws.TypeOf<ExternalException>());
    }

    [Test]
    public void A_disposed_script_says_so_and_leaves_no_tensor()
    {
        long before = Tensor.TotalCount;
        jit.ScriptModule script;
        using (NewDisposeScope())
        {
            script = jit.load(PathOf("layer"));
            script.eval();
        }

        using (NewDisposeScope())
            Assert.That(Numbers(script.forward(ones(1, 3))), Is.EqualTo(new[] { 7f, 34.5f }), "the script outlives the scope it was loaded in");
        using (NewDisposeScope())
            Assert.That(() => ((jit.ScriptModule)script).invoke("table", x), Throws.TypeOf<ExternalException>());
        script.Dispose();
        script.Dispose();
        if (TorchSharpDefects.IsTorchSharp) return; // Its scripts leave their tensors to the garbage collector.
        Assert.That(() => script.forward(x), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(Tensor.TotalCount, Is.EqualTo(before));
    }

    private static float[] Numbers(object result) => ((Tensor)result).data<float>().ToArray();

    private static string PathOf(string name, string ending = "pt", [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, $"{name}.{ending}");
}
