using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Types;

/// <summary>What tensors, types, sizes and devices say about themselves.</summary>
public sealed class DescriptionTests : TensorTest
{
    [Test]
    public void Types_know_their_kind_and_size()
    {
        Assert.Multiple(() =>
        {
            Assert.That(torch.is_floating_point(ScalarType.BFloat16), Is.True);
            Assert.That(torch.is_floating_point(ScalarType.Int64), Is.False);
            Assert.That(torch.is_integral(ScalarType.Byte), Is.True);
            Assert.That(torch.is_integral(ScalarType.Float32), Is.False);
            Assert.That(torch.is_complex(ScalarType.ComplexFloat32), Is.True);
            Assert.That(torch.is_complex(ScalarType.Float32), Is.False);
            Assert.That(ScalarType.Float64.ElementSize(), Is.EqualTo(8));
            Assert.That(ScalarType.BFloat16.ElementSize(), Is.EqualTo(2));
            Assert.That(ScalarType.Bool.ElementSize(), Is.EqualTo(1));
        });
    }

    [Test]
    public void Tensors_know_their_kind()
    {
        var x = torch.ones(2, 3);
        var z = torch.ones(2, 2).view_as_complex();
        Assert.Multiple(() =>
        {
            Assert.That(torch.is_floating_point(x) && x.is_floating_point(), Is.True);
            Assert.That(torch.is_integral(x) || x.is_integral(), Is.False);
            Assert.That(x.to(ScalarType.Int32).is_integral(), Is.True);
            Assert.That(torch.is_complex(z) && z.is_complex(), Is.True);
            Assert.That(x.is_sparse || x.is_cuda || x.is_meta || x.is_neg() || x.is_conj(), Is.False);
            Assert.That(z.conj().is_conj(), Is.True);
            Assert.That(x.device_index, Is.LessThanOrEqualTo(0));
            Assert.That(x.IsInvalid, Is.False);
            Assert.That(x.Handle, Is.Not.EqualTo(IntPtr.Zero));
            Assert.That(torch.tensor(2f).is_nonzero(), Is.True);
            Assert.That(torch.tensor(0f).is_nonzero(), Is.False);
            Assert.That(x.Equals((Tensor)null!), Is.False);
        });
        x.name = "weights";
        Assert.That(x.name, Is.EqualTo("weights"));
    }

    [Test]
    public void Conjugate_transposes_swap_and_negate_the_imaginary_part()
    {
        var parts = Nd.Uniform(1, -1, 1, 2, 3, 2);
        var z = parts.ToTensor().view_as_complex();
        var expected = Nd.Of([3, 2, 2], i => (i[2] == 0 ? 1 : -1) * parts[i[1], i[0], i[2]]);
        foreach (var x in new[] { z.H, z.mH, z.adjoint() })
            Expect.Exact(x.resolve_conj().view_as_real(), expected);
        Expect.Exact(torch.view_as_real(torch.view_as_complex(parts.ToTensor())), parts);
    }

    [Test]
    public void Sizes_behave_like_lists_of_numbers()
    {
        var size = new Size(new long[] { 2, 3, 4 });
        Size converted = new long[] { 2, 3, 4 };
        Size single = 5;
        var same = size;
        Assert.Multiple(() =>
        {
            Assert.That(size.Length, Is.EqualTo(3));
            Assert.That(size[1], Is.EqualTo(3));
            Assert.That(size[2L], Is.EqualTo(4));
            Assert.That(size.numel(), Is.EqualTo(24));
            Assert.That(size.ToArray(), Is.EqualTo(new long[] { 2, 3, 4 }));
            Assert.That(size.Shape, Is.EqualTo(new long[] { 2, 3, 4 }));
            // TorchSharp compares the arrays, not their contents.
            Assert.That(size == same, Is.True);
            Assert.That(converted.Shape, Is.EqualTo(size.Shape));
            Assert.That(size != single, Is.True);
            Assert.That(size.IsEmpty || size.IsScalar, Is.False);
            Assert.That(new Size(new List<long> { 7 }).Shape, Is.EqualTo(new long[] { 7 }));
            Assert.That(new Size(new[] { 7, 8 }).Shape, Is.EqualTo(new long[] { 7, 8 }));
            Assert.That(new Size(7L).Shape, Is.EqualTo(new long[] { 7 }));
            Assert.That(new long[] { 2, 3 }.TotalSize(), Is.EqualTo(6));
        });
        var seen = new List<long>();
        using var numbers = size.GetEnumerator();
        while (numbers.MoveNext())
            seen.Add(numbers.Current);
        Assert.That(seen, Is.EqualTo(new long[] { 2, 3, 4 }));
    }

    [Test]
    public void Devices_are_read_from_text_and_written_back()
    {
        Device implied = "cuda:1";
        Assert.Multiple(() =>
        {
            Assert.That(new Device("cpu").type, Is.EqualTo(DeviceType.CPU));
            Assert.That(implied.type, Is.EqualTo(DeviceType.CUDA));
            Assert.That(implied.index, Is.EqualTo(1));
            Assert.That(implied.ToString(), Is.EqualTo("cuda:1"));
            Assert.That(new Device("cuda", 2).index, Is.EqualTo(2));
            Assert.That(new Device(DeviceType.CUDA, 3).ToString(), Is.EqualTo("cuda:3"));
            Assert.That(new Device(1).type, Is.EqualTo(DeviceType.CUDA));
            Assert.That(torch.device(DeviceType.CPU).type, Is.EqualTo(DeviceType.CPU));
            Assert.That(torch.device("cpu", -1).type, Is.EqualTo(DeviceType.CPU));
            Assert.That(torch.get_default_device().type, Is.EqualTo(DeviceType.CPU));
        });
        Assert.That(() => new Device("teapot"), Throws.Exception);
    }

    [Test]
    public void The_default_device_applies_to_new_tensors()
    {
        torch.set_default_device("cpu");
        Assert.That(torch.zeros(1).device_type, Is.EqualTo(DeviceType.CPU));
        torch.set_default_device(torch.CPU);
        Assert.That(torch.get_default_device().type, Is.EqualTo(DeviceType.CPU));
    }

    [Test]
    public void Accelerators_are_either_there_or_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(torch.cuda.is_available(), Is.EqualTo(torch.cuda_is_available()));
            Assert.That(torch.cuda.device_count() > 0, Is.EqualTo(torch.cuda.is_available()));
            Assert.That(torch.__version__, Does.Match(@"^\d+\.\d+"));
            Assert.That(torch.get_num_interop_threads(), Is.Positive);
            Assert.That(torch.TryInitializeDeviceType(DeviceType.CPU), Is.True);
            Assert.That(torch.InitializeDevice(torch.CPU).type, Is.EqualTo(DeviceType.CPU));
            Assert.That(() => torch.InitializeDeviceType(DeviceType.CPU), Throws.Nothing);
        });
        if (OperatingSystem.IsMacOS())
            Assert.That(torch.MPS.type, Is.EqualTo(DeviceType.MPS));
        if (torch.cuda.is_available())
        {
            torch.cuda.synchronize();
            Assert.That(torch.device(0).type, Is.EqualTo(torch.CUDA.type));
        }
        else
        {
            Assert.That(torch.cuda.is_cudnn_available(), Is.False);
            Assert.That(() => torch.zeros(1).cuda(), Throws.Exception);
            Assert.That(() => nn.Linear(1, 1).cuda(), Throws.Exception);
        }
    }
}
