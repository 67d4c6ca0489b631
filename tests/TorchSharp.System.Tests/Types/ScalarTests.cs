using System.Numerics;
using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Types;

public sealed class ScalarTests : TensorTest
{
    [Test]
    public void Every_number_converts_and_keeps_its_kind()
    {
        Check((byte)3, ScalarType.Int64, 3);
        Check((sbyte)-3, ScalarType.Int64, -3);
        Check((short)-3, ScalarType.Int64, -3);
        Check(-3, ScalarType.Int64, -3);
        Check(-3L, ScalarType.Int64, -3);
        Check((Half)1.5, ScalarType.Float64, 1.5);
        Check(1.5f, ScalarType.Float64, 1.5);
        Check(1.5, ScalarType.Float64, 1.5);
        Check(((byte)3).ToScalar(), ScalarType.Int64, 3);
        Check(((sbyte)-3).ToScalar(), ScalarType.Int64, -3);
        Check(((short)-3).ToScalar(), ScalarType.Int64, -3);
        Check((-3).ToScalar(), ScalarType.Int64, -3);
        Check((-3L).ToScalar(), ScalarType.Int64, -3);
        Check(((Half)1.5).ToScalar(), ScalarType.Float64, 1.5);
        Check(1.5f.ToScalar(), ScalarType.Float64, 1.5);
        Check(1.5.ToScalar(), ScalarType.Float64, 1.5);
        Check(1.5f.ToBFloat16Scalar(), ScalarType.Float64, 1.5);

        static void Check(Scalar s, ScalarType type, double value)
        {
            using (s)
            {
                Assert.That(s.Type, Is.EqualTo(type));
                Assert.That(s.ToDouble(), Is.EqualTo(value));
                Assert.That(s.ToSingle(), Is.EqualTo((float)value));
                Assert.That(s.ToHalf(), Is.EqualTo((Half)value));
            }
        }
    }

    [Test]
    public void Whole_numbers_read_as_every_integer_type()
    {
        Scalar s = 100;
        Assert.Multiple(() =>
        {
            Assert.That(s.ToByte(), Is.EqualTo((byte)100));
            Assert.That(s.ToSByte(), Is.EqualTo((sbyte)100));
            Assert.That(s.ToInt16(), Is.EqualTo((short)100));
            Assert.That(s.ToInt32(), Is.EqualTo(100));
            Assert.That(s.ToInt64(), Is.EqualTo(100L));
        });
    }

    [Test]
    public void Truth_values_stay_truth_values()
    {
        Scalar yes = true;
        Assert.That(yes.Type, Is.EqualTo(ScalarType.Bool));
        Assert.That(yes.ToBoolean(), Is.True);
        Assert.That(false.ToScalar().ToBoolean(), Is.False);
        Expect.Type(torch.full([2], yes, ScalarType.Bool), ScalarType.Bool);
    }

    [Test]
    public void Complex_numbers_keep_both_parts()
    {
        Scalar z = new Complex(1, -2);
        Scalar pair = (3f, 4f);
        Assert.Multiple(() =>
        {
            Assert.That(z.Type, Is.EqualTo(ScalarType.ComplexFloat64));
            Assert.That(z.ToComplexFloat64(), Is.EqualTo(new Complex(1, -2)));
            Assert.That(new Complex(1, -2).ToScalar().ToComplexFloat32(), Is.EqualTo((1f, -2f)));
            Assert.That(pair.ToComplexFloat32(), Is.EqualTo((3f, 4f)));
            Assert.That((3f, 4f).ToScalar().ToComplexFloat64(), Is.EqualTo(new Complex(3, 4)));
        });
    }

    [Test]
    public void A_scalar_becomes_a_tensor_and_a_tensor_a_scalar()
    {
        if (!TorchSharpDefects.IsTorchSharp) // It refuses this conversion when run.
        {
            Tensor x = (Scalar)2.5;
            Assert.That(x.ToDouble(), Is.EqualTo(2.5));
        }
        Assert.That(torch.tensor(7L).ToScalar().ToInt64(), Is.EqualTo(7));
        Assert.That(torch.tensor(true).ToScalar().ToBoolean(), Is.True);
    }

    [Test]
    public void Single_elements_read_as_every_type()
    {
        var x = torch.tensor(100L);
        Assert.Multiple(() =>
        {
            Assert.That(x.ToByte(), Is.EqualTo((byte)100));
            Assert.That(x.ToSByte(), Is.EqualTo((sbyte)100));
            Assert.That(x.ToInt16(), Is.EqualTo((short)100));
            Assert.That(x.ToHalf(), Is.EqualTo((Half)100));
            Assert.That(x.ToComplexFloat32(), Is.EqualTo((100f, 0f)));
            Assert.That(x.ToComplex64(), Is.EqualTo(new Complex(100, 0)));
            Assert.That(x.ToComplexFloat64(), Is.EqualTo(new Complex(100, 0)));
        });
    }
}
