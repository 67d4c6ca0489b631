using System.Numerics;
using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.LinearAlgebra;

/// <summary>Complex numbers, kept as pairs of reals in the last dimension: what rotary position encoding needs.</summary>
public sealed class ComplexTests : TensorTest
{
    private static readonly Nd A = Nd.Uniform(1, -2, 2, 3, 4, 2);
    private static readonly Nd B = Nd.Uniform(2, -2, 2, 3, 4, 2);

    [Test]
    public void Pairs_of_reals_become_complex_numbers_and_return()
    {
        var z = A.ToTensor().view_as_complex();
        Expect.Type(z, ScalarType.ComplexFloat64);
        Assert.That(z.shape, Is.EqualTo(new long[] { 3, 4 }));
        Assert.That(z.is_complex(), Is.True);
        Expect.Exact(z.view_as_real(), A);
        Expect.Exact(z.real, Part(A, 0));
        Expect.Exact(z.imag, Part(A, 1));
        Expect.Exact(torch.complex(Part(A, 0).ToTensor(), Part(A, 1).ToTensor()).view_as_real(), A);
        Expect.Type(A.ToTensor(ScalarType.Float32).view_as_complex(), ScalarType.ComplexFloat32);
    }

    [Test]
    public void Arithmetic_is_that_of_complex_numbers()
    {
        foreach (var dtype in Real)
        {
            var (a, b) = (A.ToTensor(dtype).view_as_complex(), B.ToTensor(dtype).view_as_complex());
            Check(a * b, (x, y) => x * y);
            Check(a + b, (x, y) => x + y);
            Check(a - b, (x, y) => x - y);
            Check(a / b, (x, y) => x / y);
            Check(a.conj() * 1, (x, _) => Complex.Conjugate(x));
            Check(a * 2.5, (x, _) => x * 2.5);
            Expect.Close(a.abs(), Nd.Of([3, 4], i => At(A, i).Magnitude));
            Expect.Close(a.angle(), Nd.Of([3, 4], i => At(A, i).Phase));
        }

        static void Check(Tensor actual, Func<Complex, Complex, Complex> f)
            => Expect.Close(actual.view_as_real(), Nd.Of([3, 4, 2], i =>
            {
                var z = f(At(A, i[..2]), At(B, i[..2]));
                return i[2] == 0 ? z.Real : z.Imaginary;
            }));
    }

    [Test]
    public void Polar_coordinates_give_unit_rotations()
    {
        var angle = Nd.Uniform(3, -3, 3, 5);
        var z = torch.polar(torch.ones(5, ScalarType.Float64), angle.ToTensor());
        Expect.Close(z.real, angle.Map(Math.Cos));
        Expect.Close(z.imag, angle.Map(Math.Sin));
    }

    [Test]
    public void Products_of_complex_numbers_have_the_derivatives_that_finite_differences_give()
    {
        GradCheck.Verify(x => (x[0].view_as_complex() * x[1].view_as_complex()).view_as_real(), A, B);
        GradCheck.VerifyOne(x => x.view_as_complex().abs(), A);
        GradCheck.Verify(x => torch.polar(x[0], x[1]).view_as_real(), Nd.Uniform(4, 0.5, 2, 4), Nd.Uniform(5, -2, 2, 4));
    }

    private static Nd Part(Nd x, long part) => Nd.Of([3, 4], i => x[i[0], i[1], part]);

    private static Complex At(Nd x, long[] i) => new(x[i[0], i[1], 0], x[i[0], i[1], 1]);
}
