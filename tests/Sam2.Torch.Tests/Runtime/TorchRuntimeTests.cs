using System.Runtime.InteropServices;
using NUnit.Framework;
using Sam2.Torch.Runtime;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Runtime;

/// <summary>Loading in this process. How processes start is tested with the command line (StartTests).</summary>
public class TorchRuntimeTests
{
    [Test]
    public void TorchSharp_is_loaded_and_stays_so()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();
        TorchRuntime.Prepare();
        using var sum = ones(2) + ones(2);
        Assert.That(sum.data<float>(), Is.EqualTo(new[] { 2f, 2f }));
    }

    [Test, Platform("Linux")]
    public unsafe void NNPACK_is_off_so_that_it_does_not_warn_of_processors_that_it_does_not_know()
    {
        TorchRuntime.EnsureLoaded();
        var libtorch = NativeLibrary.Load("torch_cpu", typeof(TorchSharp.torch).Assembly, null);
        var context = ((delegate* unmanaged<IntPtr>)NativeLibrary.GetExport(libtorch, "_ZN2at13globalContextEv"))();
        var enabled = ((delegate* unmanaged<IntPtr, byte>)NativeLibrary.GetExport(libtorch, "_ZNK2at7Context17userEnabledNNPACKEv"))(context);
        Assert.That(enabled, Is.Zero);
    }

    [Test]
    public void Convolutions_are_right_whatever_the_number_of_channels([Values(1, 3, 24, 40, 48)] long input, [Values(4, 16, 24)] long output, [Values] bool bfloat)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var type = bfloat ? bfloat16 : float32;
        for (var attempt = 0; attempt < 4; attempt++)
        {
            // Memory that others have used.
            foreach (var remains in Enumerable.Range(0, 32).Select(_ => full([output * 32 * 9], 1e30)).ToList()) remains.Dispose();
            var (x, weight) = (randn(1, input, 160, 160).to(type), randn(output, input, 3, 3).to(type));
            var expected = mm(weight.to(float32).view(output, -1), nn.functional.unfold(x.to(float32), 3)[0]).view(1, output, 158, 158);
            var difference = (nn.functional.conv2d(x, weight).to(float32) - expected).abs().max().item<float>();
            Assert.That(difference, Is.LessThan(expected.abs().max().item<float>() * (bfloat ? 1e-2 : 1e-5)));
        }
    }

    [Test]
    public void The_installed_library_is_found() => Assert.That(TorchRuntime.FindInstalled(), Does.Exist);

    [Test]
    public void A_package_that_is_missing_is_named() =>
        Assert.That(Message(""), Does.Contain($"Add the package libtorch-cpu-{RuntimeInformation.RuntimeIdentifier}"));

    [TestCase("libgomp.so.1", "apt-get install libgomp1")]
    [TestCase("libstdc++.so.6", "apt-get install libstdc++6")]
    [TestCase("libcudart.so.12", "comes with CUDA")]
    [TestCase("libnvToolsExt.so.1", "comes with CUDA")]
    [TestCase("libsomething-1.2.so.3", "Install it.")]
    public void A_library_that_the_system_lacks_is_named_with_its_package(string library, string advice) =>
        Assert.That(
            Message($"{Unable}\n{library}: cannot open shared object file: No such file or directory\n/app/libLibTorchSharp.so: cannot open it either"),
            Does.Contain($"this system lacks {library}").And.Contain(advice));

    [TestCase("GLIBC_2.34")]
    [TestCase("GLIBCXX_3.4.30")]
    public void A_system_that_is_too_old_is_told_what_is_needed(string version) =>
        Assert.That(
            Message($"{Unable}\n/lib/x86_64-linux-gnu/libc.so.6: version `{version}' not found (required by /app/libLibTorchSharp.so)"),
            Does.Contain(version).And.Contain("glibc 2.34").And.Contain("Debian 12"));

    [Test]
    public void Other_words_of_the_loader_are_passed_on_without_the_advice_to_trace_it()
    {
        var message = Message($"{Unable}\n/app/libtorch_cpu.so: failed to map segment from shared object\n/app/libtorch_cpu.so: again\n");
        Assert.That(message, Does.Contain("libtorch_cpu.so: failed to map segment").And.Not.Contain("strace").And.Not.Contain("\n"));
        Assert.That(Message("a reason of one line"), Does.Contain("a reason of one line"));
    }

    [Test]
    public void What_revealed_it_is_kept()
    {
        var inner = new DllNotFoundException("…");
        Assert.That(TorchRuntimeException.For("reason", inner).InnerException, Is.SameAs(inner));
    }

    private const string Unable =
        "Unable to load shared library '/app/libLibTorchSharp.so' or one of its dependencies. In order to help diagnose loading problems, consider using a tool like strace. If you're using glibc, consider setting the LD_DEBUG environment variable: ";

    private static string Message(string reason) => TorchRuntimeException.For(reason).Message;
}
