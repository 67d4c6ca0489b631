using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Creation;

public sealed class ConversionTests : TensorTest
{
    private static readonly Nd Values = Nd.Integers(1, 0, 100, 3, 4);

    [Test]
    public void Every_type_converts_to_every_other_type()
    {
        ScalarType[] types = [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte];
        foreach (var from in types)
        foreach (var to in types)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            var x = Values.ToTensor(from, layout);
            foreach (var y in new[] { x.to(to), x.to_type(to), x.type(to), x.type_as(torch.zeros([1], to)), x.to(torch.zeros([1], to)) })
            {
                Expect.Type(y, to);
                Expect.Exact(y, Values, $"{from} to {to}");
            }
        }
    }

    [Test]
    public void Named_conversions_give_the_type_in_their_name()
    {
        var x = Values.ToTensor(ScalarType.Int16);
        Expect.Type(x.@float(), ScalarType.Float32);
        Expect.Type(x.@double(), ScalarType.Float64);
        Expect.Type(x.half(), ScalarType.Float16);
        Expect.Type(x.bfloat16(), ScalarType.BFloat16);
        Expect.Type(x.@long(), ScalarType.Int64);
        Expect.Type(x.@int(), ScalarType.Int32);
        Expect.Type(x.@short(), ScalarType.Int16);
        Expect.Type(x.@char(), ScalarType.Int8);
        Expect.Type(x.@byte(), ScalarType.Byte);
        Expect.Type(x.@bool(), ScalarType.Bool);
        Expect.Exact(x.@bool(), Values.Map(v => v == 0 ? 0 : 1));
    }

    [Test]
    public void Real_numbers_are_truncated_to_integers()
    {
        var x = Nd.Vector(-1.7, -0.2, 0.9, 2.5).ToTensor();
        Expect.Exact(x.to(ScalarType.Int64), Nd.Vector(-1, 0, 0, 2));
    }

    [Test]
    public void Bfloat16_keeps_eight_bits_of_mantissa()
    {
        var x = torch.tensor(new[] { 1 + 1 / 128.0, 1 + 1 / 512.0, 3.0e38 });
        Expect.Close(x.to(ScalarType.BFloat16), Nd.Vector(1 + 1 / 128.0, 1, 3.0e38), 4e-3, 0);
        Assert.That(x.to(ScalarType.BFloat16)[1].ToSingle(), Is.EqualTo(1f));
    }

    [Test]
    public void A_conversion_to_the_same_type_copies_only_when_asked()
    {
        var x = Values.ToTensor(ScalarType.Float32);
        var copy = x.to(ScalarType.Float32, copy: true);
        copy.zero_();
        Expect.Exact(x, Values);
        x.to(ScalarType.Float32).zero_();
        Expect.Exact(x, Values.Map(_ => 0), "without a copy the memory is shared");
    }

    [Test]
    public void Moving_to_the_cpu_keeps_values()
    {
        var x = Values.ToTensor(ScalarType.Float32);
        foreach (var y in new[] { x.cpu(), x.to(torch.CPU), x.to(DeviceType.CPU), x.to("cpu"), x.to(ScalarType.Float32, torch.CPU), x.to(torch.device("cpu")) })
            Expect.Exact(y, Values);
    }

    [Test]
    public void Single_elements_are_read_as_numbers()
    {
        var x = torch.tensor(new[] { 2.5 });
        Assert.Multiple(() =>
        {
            Assert.That(x.item<double>(), Is.EqualTo(2.5));
            Assert.That(x.to(ScalarType.Float32).item<float>(), Is.EqualTo(2.5f));
            Assert.That(x.to(ScalarType.Int64).item<long>(), Is.EqualTo(2));
            Assert.That(x.to(ScalarType.Int32).item<int>(), Is.EqualTo(2));
            Assert.That(x.to(ScalarType.Byte).item<byte>(), Is.EqualTo(2));
            Assert.That(x.to(ScalarType.Bool).item<bool>(), Is.True);
            Assert.That(x.ToDouble(), Is.EqualTo(2.5));
            Assert.That(x.ToSingle(), Is.EqualTo(2.5f));
            Assert.That(x.ToInt64(), Is.EqualTo(2));
            Assert.That(x.ToInt32(), Is.EqualTo(2));
            Assert.That((double)x, Is.EqualTo(2.5));
            Assert.That((float)x.to(ScalarType.Float32), Is.EqualTo(2.5f));
            Assert.That(x.ToScalar().ToDouble(), Is.EqualTo(2.5));
            Assert.That((x > 1).ToBoolean(), Is.True);
        });
    }

    [Test]
    public void Reading_one_number_from_several_elements_is_an_error()
        => Assert.That(() => torch.zeros(2).item<float>(), Throws.Exception);

    [Test]
    public void Accessors_read_any_layout_in_row_major_order()
    {
        foreach (var layout in Layouts.All)
        {
            var x = Values.ToTensor(ScalarType.Float32, layout);
            Assert.That(x.data<float>().ToArray(), Is.EqualTo(Values.Data.Select(v => (float)v)));
            Assert.That(x.data<float>().Count, Is.EqualTo(12));
            Assert.That(x.data<float>()[1, 2], Is.EqualTo((float)Values[1, 2]));
        }
        Assert.That(Values.ToTensor(ScalarType.Int64).data<long>().ToArray(), Is.EqualTo(Values.Data.Select(v => (long)v)));
        Assert.That(Values.ToTensor(ScalarType.Byte).data<byte>().ToArray(), Is.EqualTo(Values.Data.Select(v => (byte)v)));
        Assert.That((Values.ToTensor() > 50).data<bool>().ToArray(), Is.EqualTo(Values.Data.Select(v => v > 50)));
    }

    [Test]
    public void Accessors_write_through()
    {
        var x = torch.zeros(2, 3);
        x.data<float>()[1, 0] = 5;
        Expect.Exact(x, Nd.Vector(0, 0, 0, 5, 0, 0).Reshape(2, 3));
    }

    [Test]
    public void Raw_bytes_are_the_memory()
    {
        var x = torch.tensor(new[] { 1f, -2, 3.5f });
        Assert.That(x.bytes.ToArray(), Is.EqualTo(new[] { 1f, -2, 3.5f }.SelectMany(BitConverter.GetBytes)));
        x.bytes = new byte[12];
        Expect.Exact(x, Nd.Zeros(3));
    }

    [Test]
    public void Copying_into_a_tensor_converts_and_broadcasts()
    {
        foreach (var layout in Layouts.All)
        {
            var target = Nd.Zeros(3, 4).ToTensor(ScalarType.Float32, layout);
            target.copy_(torch.tensor(new long[] { 1, 2, 3, 4 }));
            Expect.Exact(target, Nd.Of([3, 4], i => i[1] + 1));
        }
    }

    [Test]
    public void Clones_are_independent()
    {
        var x = Values.ToTensor(ScalarType.Float32, Layout.Gapped);
        var y = x.clone();
        y.zero_();
        Expect.Exact(x, Values);
    }
}
