using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

public sealed class IntegerAndBoolTests : TensorTest
{
    private static readonly Nd A = Nd.Integers(1, -20, 20, 4, 5);
    private static readonly Nd B = Nd.Integers(2, 1, 9, 4, 5);
    private static readonly Nd P = Nd.Integers(3, 0, 1, 4, 5);
    private static readonly Nd Q = Nd.Integers(4, 0, 1, 5);

    private static readonly ScalarType[] Signed = [ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8];

    [TestCaseSource(nameof(Signed))]
    public void Integer_arithmetic_is_exact_and_keeps_its_type(ScalarType dtype)
    {
        foreach (var layout in Layouts.All)
        {
            var (a, b) = (A.ToTensor(dtype, layout), B.ToTensor(dtype, layout));
            var results = new (Tensor Actual, Func<double, double, double> Expected)[]
            {
                (a + b, (x, y) => x + y), (a - b, (x, y) => x - y),
                (a + 3, (x, _) => x + 3), (3 - a, (x, _) => 3 - x), (a * 2L, (x, _) => x * 2), (5L + a, (x, _) => x + 5),
                (-a, (x, _) => -x), (a.abs(), (x, _) => Math.Abs(x)), (a.sign(), (x, _) => Math.Sign(x)),
                (a.floor_divide(b), (x, y) => Math.Floor(x / y)), (a % b, (x, y) => x - y * Math.Floor(x / y)),
                (a.maximum(b), Math.Max), (a.minimum(b), Math.Min), (a.clamp(-5, 6), (x, _) => Math.Clamp(x, -5, 6)),
            };
            foreach (var (actual, expected) in results)
            {
                Expect.Type(actual, dtype);
                Expect.Exact(actual, Nd.Zip(A, B, expected), layout.ToString());
            }
        }
    }

    [Test]
    public void Dividing_integers_gives_the_default_real_type()
    {
        var result = A.ToTensor(ScalarType.Int64) / B.ToTensor(ScalarType.Int64);
        Expect.Type(result, ScalarType.Float32);
        Expect.Close(result, Nd.Zip(A, B, (x, y) => x / y));
    }

    [Test]
    public void Mixed_types_are_promoted_to_the_wider_one()
    {
        Expect.Type(A.ToTensor(ScalarType.Int32) + B.ToTensor(ScalarType.Int64), ScalarType.Int64);
        Expect.Type(A.ToTensor(ScalarType.Int64) + B.ToTensor(ScalarType.Float32), ScalarType.Float32);
        Expect.Type(A.ToTensor(ScalarType.Float32) + B.ToTensor(ScalarType.Float64), ScalarType.Float64);
        Expect.Type(A.ToTensor(ScalarType.Int64) + 0.5, ScalarType.Float32);
        Expect.Type(P.ToTensor(ScalarType.Bool) + B.ToTensor(ScalarType.Int8), ScalarType.Int8);
    }

    [Test]
    public void Logical_operators_follow_their_truth_tables()
    {
        foreach (var layout in Layouts.All)
        {
            var (p, q) = (P.ToTensor(ScalarType.Bool, layout), Q.ToTensor(ScalarType.Bool, layout));
            var and = Nd.Zip(P, Q, (x, y) => x * y);
            var or = Nd.Zip(P, Q, Math.Max);
            var xor = Nd.Zip(P, Q, (x, y) => x == y ? 0 : 1);
            var not = P.Map(x => 1 - x);
            foreach (var actual in new[] { p & q, p.logical_and(q), torch.logical_and(p, q), p.bitwise_and(q) })
                Expect.Exact(actual, and, $"and {layout}");
            foreach (var actual in new[] { p | q, p.logical_or(q), torch.logical_or(p, q), p.bitwise_or(q) })
                Expect.Exact(actual, or, $"or {layout}");
            foreach (var actual in new[] { p ^ q, p.logical_xor(q), torch.logical_xor(p, q), p.bitwise_xor(q) })
                Expect.Exact(actual, xor, $"xor {layout}");
            foreach (var actual in new[] { ~p, p.logical_not(), torch.logical_not(p), p.bitwise_not() })
            {
                Expect.Type(actual, ScalarType.Bool);
                Expect.Exact(actual, not, $"not {layout}");
            }
        }
    }

    [Test]
    public void Bitwise_operators_work_on_the_bits_of_integers()
    {
        var (a, b) = (A.ToTensor(ScalarType.Int64), B.ToTensor(ScalarType.Int64));
        Expect.Exact(a & b, Nd.Zip(A, B, (x, y) => (long)x & (long)y));
        Expect.Exact(a | b, Nd.Zip(A, B, (x, y) => (long)x | (long)y));
        Expect.Exact(a ^ b, Nd.Zip(A, B, (x, y) => (long)x ^ (long)y));
        Expect.Exact(~a, A.Map(x => ~(long)x));
    }

    [Test]
    public void Logical_not_of_numbers_is_true_for_zero_only()
    {
        var values = Nd.Vector(0, 1, -2, 0.5);
        Expect.Exact(values.ToTensor(ScalarType.Float32).logical_not(), Nd.Vector(1, 0, 0, 0));
    }
}
