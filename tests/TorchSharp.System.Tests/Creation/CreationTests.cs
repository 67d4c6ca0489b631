using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Creation;

public sealed class CreationTests : TensorTest
{
    private static readonly ScalarType[] Types =
        [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool];

    [TestCaseSource(nameof(Types))]
    public void Constant_tensors_have_the_shape_value_and_type_asked_for(ScalarType dtype)
    {
        Check(torch.zeros([2, 3], dtype), 0, 2, 3);
        Check(torch.zeros(4, dtype), 0, 4);
        Check(torch.zeros(2, 3, dtype), 0, 2, 3);
        Check(torch.zeros(2, 3, 4, dtype), 0, 2, 3, 4);
        Check(torch.zeros(2, 3, 4, 5, dtype), 0, 2, 3, 4, 5);
        Check(torch.ones([2, 3], dtype), 1, 2, 3);
        Check(torch.ones(4, dtype), 1, 4);
        Check(torch.ones(2, 3, dtype), 1, 2, 3);
        Check(torch.ones(2, 3, 4, dtype), 1, 2, 3, 4);
        Check(torch.full([2, 3], 1, dtype), 1, 2, 3);
        Check(torch.full(4, 1, dtype), 1, 4);
        Check(torch.full(2, 3, 1, dtype), 1, 2, 3);
        Check(torch.zeros([], dtype), 0);
        Check(torch.zeros([0, 5], dtype), 0, 0, 5);
        var like = torch.zeros([2, 2], dtype);
        Check(torch.ones_like(like), 1, 2, 2);
        Check(torch.zeros_like(torch.ones_like(like)), 0, 2, 2);
        Check(torch.full_like(like, 1), 1, 2, 2);
        Check(like.new_zeros([3]), 0, 3);
        Check(like.new_full([3], 1), 1, 3);
        var empty = torch.empty([2, 5], dtype);
        Assert.That(empty.shape, Is.EqualTo(new long[] { 2, 5 }));
        Expect.Type(empty, dtype);
        Expect.Type(torch.empty_like(empty), dtype);
        Check(empty.fill_(1), 1, 2, 5);
        Check(empty.zero_(), 0, 2, 5);

        void Check(Tensor x, double value, params long[] shape)
        {
            Expect.Exact(x, Nd.Full(value, shape), dtype.ToString());
            Expect.Type(x, dtype);
        }
    }

    [Test]
    public void Tensors_without_a_type_are_float32_on_the_cpu_without_gradient()
    {
        var x = torch.zeros(2, 3);
        Assert.Multiple(() =>
        {
            Assert.That(x.dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(x.device.type, Is.EqualTo(DeviceType.CPU));
            Assert.That(x.device_type, Is.EqualTo(DeviceType.CPU));
            Assert.That(x.requires_grad, Is.False);
            Assert.That(torch.ones(2, requires_grad: true).requires_grad, Is.True);
            Assert.That(torch.zeros([2], device: torch.CPU).is_cpu(), Is.True);
        });
    }

    [Test]
    public void Ranges_count_up_down_and_in_fractions()
    {
        Expect.Exact(torch.arange(5), Nd.Vector(0, 1, 2, 3, 4));
        Expect.Type(torch.arange(5), ScalarType.Int64);
        Expect.Exact(torch.arange(2, 6), Nd.Vector(2, 3, 4, 5));
        Expect.Exact(torch.arange(6, 0, -2), Nd.Vector(6, 4, 2));
        Expect.Exact(torch.arange(0, 1, 0.25, ScalarType.Float32), Nd.Vector(0, 0.25, 0.5, 0.75));
        Expect.Type(torch.arange(3, ScalarType.Float32), ScalarType.Float32);
        Expect.Exact(torch.arange(0), Nd.Zeros(0));
    }

    [Test]
    public void Linspace_includes_both_ends()
    {
        Expect.Close(torch.linspace(-1, 2, 7, ScalarType.Float64), Nd.Of([7], i => -1 + 0.5 * i[0]));
        Expect.Exact(torch.linspace(3, 3, 1), Nd.Vector(3));
        Expect.Close(torch.logspace(0, 3, 4, dtype: ScalarType.Float64), Nd.Vector(1, 10, 100, 1000));
    }

    [Test]
    public void Eye_has_ones_on_the_diagonal()
    {
        Expect.Exact(torch.eye(3), Nd.Of([3, 3], i => i[0] == i[1] ? 1 : 0));
        Expect.Exact(torch.eye(2, 4, ScalarType.Int64), Nd.Of([2, 4], i => i[0] == i[1] ? 1 : 0));
    }

    [Test]
    public void Arrays_become_tensors_of_their_element_type_and_shape()
    {
        Check(torch.tensor(new[] { 1f, 2, 3 }), ScalarType.Float32, Nd.Vector(1, 2, 3));
        Check(torch.tensor(new[] { 1.0, 2, 3 }), ScalarType.Float64, Nd.Vector(1, 2, 3));
        Check(torch.tensor(new long[] { 1, 2, 3 }), ScalarType.Int64, Nd.Vector(1, 2, 3));
        Check(torch.tensor(new[] { 1, 2, 3 }), ScalarType.Int32, Nd.Vector(1, 2, 3));
        Check(torch.tensor(new short[] { 1, 2, 3 }), ScalarType.Int16, Nd.Vector(1, 2, 3));
        Check(torch.tensor(new byte[] { 1, 2, 255 }), ScalarType.Byte, Nd.Vector(1, 2, 255));
        Check(torch.tensor(new sbyte[] { 1, -2, 3 }), ScalarType.Int8, Nd.Vector(1, -2, 3));
        Check(torch.tensor(new[] { true, false }), ScalarType.Bool, Nd.Vector(1, 0));
        Check(torch.tensor(new float[,] { { 1, 2 }, { 3, 4 } }), ScalarType.Float32, Nd.Range(2, 2).Map(v => v + 1));
        Check(torch.tensor(new double[,,] { { { 1 }, { 2 } } }), ScalarType.Float64, Nd.Vector(1, 2).Reshape(1, 2, 1));
        Check(torch.tensor(new long[,] { { 1, 2 }, { 3, 4 } }), ScalarType.Int64, Nd.Range(2, 2).Map(v => v + 1));
        Check(torch.tensor(new float[] { 1, 2, 3, 4 }, [2, 2]), ScalarType.Float32, Nd.Range(2, 2).Map(v => v + 1));
        Check(torch.tensor(new double[] { 1, 2 }, ScalarType.Float32), ScalarType.Float32, Nd.Vector(1, 2));
        Check(torch.from_array(new float[,] { { 1, 2 }, { 3, 4 } }), ScalarType.Float32, Nd.Range(2, 2).Map(v => v + 1));
        Check(torch.frombuffer(new float[] { 1, 2, 3 }, ScalarType.Float32), ScalarType.Float32, Nd.Vector(1, 2, 3));

        static void Check(Tensor actual, ScalarType dtype, Nd expected)
        {
            Expect.Type(actual, dtype);
            Expect.Exact(actual, expected);
        }
    }

    [Test]
    public void Numbers_become_scalars_of_their_type()
    {
        Check(torch.tensor(1.5), ScalarType.Float64, 1.5);
        Check(torch.tensor(1.5f), ScalarType.Float32, 1.5);
        Check(torch.tensor(7), ScalarType.Int32, 7);
        Check(torch.tensor(7L), ScalarType.Int64, 7);
        Check(torch.tensor(true), ScalarType.Bool, 1);
        Check(torch.tensor((byte)200), ScalarType.Byte, 200);
        Check(torch.tensor(1.5, ScalarType.Float32), ScalarType.Float32, 1.5);
        Check(torch.tensor(3, dtype: ScalarType.Float32), ScalarType.Float32, 3);

        static void Check(Tensor actual, ScalarType dtype, double value)
        {
            Expect.Type(actual, dtype);
            Expect.Exact(actual, Nd.Scalar(value));
        }
    }

    [Test]
    public void A_tensor_made_from_an_array_does_not_change_with_the_array()
    {
        var data = new float[] { 1, 2, 3 };
        var x = torch.tensor(data);
        data[1] = 99;
        Expect.Exact(x, Nd.Vector(1, 2, 3));
    }

    [Test]
    public void One_hot_marks_the_class()
    {
        var labels = torch.tensor(new long[] { 2, 0 });
        Expect.Exact(nn.functional.one_hot(labels, 4), Nd.Of([2, 4], i => i[1] == (i[0] == 0 ? 2 : 0) ? 1 : 0));
        Expect.Exact(nn.functional.one_hot(labels), Nd.Of([2, 3], i => i[1] == (i[0] == 0 ? 2 : 0) ? 1 : 0));
    }

    [Test]
    public void The_default_type_applies_to_new_tensors()
    {
        try
        {
            torch.set_default_dtype(ScalarType.Float64);
            Assert.That(torch.get_default_dtype(), Is.EqualTo(ScalarType.Float64));
            Expect.Type(torch.zeros(2), ScalarType.Float64);
            Expect.Type(torch.rand(2), ScalarType.Float64);
        }
        finally
        {
            torch.set_default_dtype(ScalarType.Float32);
        }
    }
}
