using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Tests.LinearAlgebra;

public sealed class ProductTests : TensorTest
{
    private static readonly (long[] A, long[] B)[] MatMulShapes =
    [
        ([4], [4]), ([3, 4], [4]), ([4], [4, 5]), ([3, 4], [4, 5]), ([2, 3, 4], [4, 5]), ([2, 3, 4], [2, 4, 5]),
        ([6, 1, 3, 4], [2, 4, 5]), ([2, 3, 4], [4]), ([4], [2, 4, 5]), ([0, 4], [4, 5]), ([3, 0], [0, 5]), ([2, 0, 4], [2, 4, 5]),
        ([1, 1], [1, 1]), ([33, 65], [65, 17]), ([2, 3, 17, 31], [2, 3, 31, 19]),
    ];

    [Test]
    public void Matmul_follows_the_broadcasting_rules_in_every_layout_and_precision()
    {
        foreach (var (shapeA, shapeB) in MatMulShapes)
        {
            var (a, b) = (Nd.Uniform(1, -1, 1, shapeA), Nd.Uniform(2, -1, 1, shapeB));
            var expected = Reference.MatMul(a, b);
            foreach (var dtype in Real)
            foreach (var layoutA in Layouts.All)
            foreach (var layoutB in Layouts.All)
            {
                using var scope = NewDisposeScope();
                var (x, y) = (a.ToTensor(dtype, layoutA), b.ToTensor(dtype, layoutB));
                var what = $"{Nd.Text(shapeA)} by {Nd.Text(shapeB)} {dtype} {layoutA} {layoutB}";
                Expect.Close(x.matmul(y), expected, what);
                Expect.Close(torch.matmul(x, y), expected, what);
                if (shapeA.Length == 2 && shapeB.Length == 2)
                {
                    Expect.Close(x.mm(y), expected, what);
                    Expect.Close(torch.mm(x, y), expected, what);
                }
                if (shapeA.Length == 3 && shapeB.Length == 3)
                {
                    Expect.Close(x.bmm(y), expected, what);
                    Expect.Close(torch.bmm(x, y), expected, what);
                }
                if (shapeA.Length == 2 && shapeB.Length == 1)
                    Expect.Close(torch.mv(x, y), expected, what);
                if (shapeA.Length == 1 && shapeB.Length == 1)
                    Expect.Close(x.dot(y), expected, what);
            }
        }
    }

    [Test]
    public void Addmm_scales_the_product_and_the_addend()
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        foreach (var (beta, alpha) in new[] { (1f, 1f), (0.5f, 2f), (0f, -1f), (1f, 0f) })
        {
            using var scope = NewDisposeScope();
            var (a, b) = (Nd.Uniform(1, -1, 1, 7, 5), Nd.Uniform(2, -1, 1, 5, 6));
            foreach (var c in new[] { Nd.Uniform(3, -1, 1, 7, 6), Nd.Uniform(4, -1, 1, 6), Nd.Uniform(5, -1, 1, 7, 1) })
            {
                var expected = Nd.Zip(Reference.MatMul(a, b), c, (p, q) => alpha * p + beta * q);
                Expect.Close(torch.addmm(c.ToTensor(dtype, layout), a.ToTensor(dtype, layout), b.ToTensor(dtype, layout), beta, alpha), expected, $"{dtype} {layout} {beta} {alpha}");
                Expect.Close(c.ToTensor(dtype).addmm(a.ToTensor(dtype, layout), b.ToTensor(dtype), beta, alpha), expected);
            }
        }
    }

    [Test]
    public void With_beta_zero_not_a_number_in_the_addend_is_ignored()
    {
        var nan = torch.full([2, 2], double.NaN);
        Expect.Exact(torch.addmm(nan, torch.eye(2), torch.eye(2), 0, 1), Nd.Of([2, 2], i => i[0] == i[1] ? 1 : 0));
    }

    [Test]
    public void Not_a_number_and_infinity_propagate_through_products()
    {
        var a = torch.tensor(new float[,] { { float.NaN, 1 }, { 0, float.PositiveInfinity } });
        Expect.Exact(a.matmul(torch.ones(2, 1)), Nd.Vector(double.NaN, double.PositiveInfinity).Reshape(2, 1));
    }

    [Test]
    public void Linear_multiplies_by_the_transposed_weight_and_adds_the_bias()
    {
        var (w, b) = (Nd.Uniform(2, -1, 1, 6, 4), Nd.Uniform(3, -1, 1, 6));
        foreach (var shape in new long[][] { [4], [5, 4], [2, 3, 4], [0, 4], [2, 1, 3, 4] })
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            var x = Nd.Uniform(1, -1, 1, shape);
            var product = Reference.MatMul(x, w.Permute(1, 0));
            Expect.Close(F.linear(x.ToTensor(dtype, layout), w.ToTensor(dtype, layout)), product, $"{Nd.Text(shape)} {dtype} {layout}");
            Expect.Close(F.linear(x.ToTensor(dtype, layout), w.ToTensor(dtype), b.ToTensor(dtype)), Nd.Zip(product, b, (p, q) => p + q));
        }
        GradCheck.Verify(x => F.linear(x[0], x[1], x[2]), Nd.Uniform(4, -1, 1, 3, 4), w, b);
    }

    [Test]
    public void Low_precision_products_are_as_good_as_their_inputs()
    {
        var (a, b) = (Nd.Uniform(1, -1, 1, 16, 32), Nd.Uniform(2, -1, 1, 32, 8));
        var expected = Reference.MatMul(a, b);
        foreach (var layout in Layouts.All)
        {
            var result = a.ToTensor(ScalarType.BFloat16, layout).matmul(b.ToTensor(ScalarType.BFloat16, layout));
            Expect.Type(result, ScalarType.BFloat16);
            Expect.Close(result, expected, 2e-2, 6e-2, layout.ToString());
        }
    }

    [Test]
    public void Integer_products_are_exact()
    {
        var (a, b) = (Nd.Integers(1, -9, 9, 3, 4), Nd.Integers(2, -9, 9, 4, 5));
        foreach (var layout in Layouts.All)
            Expect.Exact(a.ToTensor(ScalarType.Int64, layout).matmul(b.ToTensor(ScalarType.Int64, layout)), Reference.MatMul(a, b));
    }

    [Test]
    public void Einsum_sums_over_repeated_letters()
    {
        var (a, b) = (Nd.Uniform(1, -1, 1, 2, 3, 4), Nd.Uniform(2, -1, 1, 2, 5, 4));
        var (x, y) = (a.ToTensor(layout: Layout.Gapped), b.ToTensor(layout: Layout.Transposed));
        var expected = Nd.Of([2, 3, 5], i => Enumerable.Range(0, 4).Sum(k => a[i[0], i[1], k] * b[i[0], i[2], k]));
        Expect.Close(torch.einsum("bik,bjk->bij", x, y), expected);
        Expect.Close(torch.einsum("bik->b", x), a.Reduce([1, 2], false, v => v.Sum()));
        GradCheck.Verify(t => torch.einsum("bik,bjk->bij", t), a, b);
    }

    [Test]
    public void The_outer_product_multiplies_every_pair()
    {
        var (a, b) = (Nd.Vector(1, 2, 3), Nd.Vector(-4, 5, 0.5));
        Expect.Close(torch.outer(a.ToTensor(), b.ToTensor()), Nd.Of([3, 3], i => a[i[0]] * b[i[1]]));
        Expect.Close(a.ToTensor().outer(b.ToTensor()), Nd.Of([3, 3], i => a[i[0]] * b[i[1]]));
    }

    [Test]
    public void Products_have_the_derivatives_that_finite_differences_give()
    {
        foreach (var (shapeA, shapeB) in new (long[], long[])[] { ([4], [4]), ([3, 4], [4]), ([3, 4], [4, 2]), ([2, 3, 4], [2, 4, 2]), ([2, 1, 3, 4], [3, 4, 2]) })
        foreach (var layout in Layouts.All)
            GradCheck.Verify(x => x[0].matmul(x[1]), layout, 1e-6, Nd.Uniform(1, -1, 1, shapeA), Nd.Uniform(2, -1, 1, shapeB));
        GradCheck.Verify(x => torch.addmm(x[0], x[1], x[2], 0.5f, 2), Nd.Uniform(1, -1, 1, 2), Nd.Uniform(2, -1, 1, 3, 4), Nd.Uniform(3, -1, 1, 4, 2));
        GradCheck.Verify(x => x[0].mm(x[1].t()), Nd.Uniform(1, -1, 1, 3, 4), Nd.Uniform(2, -1, 1, 2, 4));
        GradCheck.Verify(x => x[0].bmm(x[1].transpose(1, 2)), Nd.Uniform(1, -1, 1, 2, 3, 4), Nd.Uniform(2, -1, 1, 2, 2, 4));
    }
}
