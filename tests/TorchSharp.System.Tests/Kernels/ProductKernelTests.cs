using NUnit.Framework;
using TorchSharp.Tests.Harness;
using TorchSharp.Interop;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Form = TorchSharp.Tests.Kernels.Matrices.Form;

namespace TorchSharp.Tests.Kernels;

/// <summary>The kernels of mm, bmm, addmm and baddbmm (native/kernels/matmul.cpp) against loops in double precision.</summary>
public sealed class ProductKernelTests : TensorTest
{
    private static readonly (long M, long K, long N)[] Shapes =
        [(1, 1, 1), (1, 96, 64), (64, 96, 1), (33, 65, 17), (48, 1, 96), (5, 0, 7), (0, 3, 4), (4, 3, 0), (64, 100, 50), (1, 1, 300), (17, 257, 33)];

    private static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.BFloat16];

    private static readonly (double Beta, double Alpha)[] Factors = [(1, 1), (1, 0.5), (2, 1), (0, 2), (1, 0), (-0.5, -1.5)];

    private static readonly Op MmOut = new("mm", "out"), BmmOut = new("bmm", "out"), Baddbmm = new("baddbmm"), BaddbmmInPlace = new("baddbmm_");
    private static readonly Op AddmmOut = new("addmm", "out"), BaddbmmOut = new("baddbmm", "out");

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public void Products_read_operands_in_every_layout(int batch)
        => ForEachPair(batch, (a, b, expected, what) =>
        {
            Close(batch == 0 ? a.mm(b) : a.bmm(b), expected, what);
            Close(a.matmul(b), expected, what + " matmul");
        });

    [TestCase(0)]
    [TestCase(3)]
    public void Products_write_into_outputs_in_every_layout(int batch)
        => ForEachPair(batch, (a, b, expected, what) =>
        {
            foreach (var form in new[] { Form.RowMajor, Form.ColumnMajor, Form.WideRows, Form.GappedColumns })
            {
                var output = Matrices.Create(3, form, a.dtype, expected.Shape);
                (batch == 0 ? MmOut : BmmOut).Run(a, b, output);
                Close(output, expected, $"{what} into {form}");
            }
        }, [Form.RowMajor, Form.ColumnMajor]);

    [TestCase(0)]
    [TestCase(3)]
    public void Sums_with_products_scale_and_broadcast(int batch)
        => ForEachPair(batch, (a, b, product, what) =>
        {
            var (m, n) = (product.Shape[^2], product.Shape[^1]);
            foreach (var (beta, alpha) in Factors)
            foreach (var shape in new long[][] { product.Shape, [n], [m, 1], [1, n], [1] })
            foreach (var form in shape.Length > 1 ? new[] { Form.RowMajor, Form.ColumnMajor } : [Form.RowMajor])
            {
                using var scope = NewDisposeScope();
                var self = shape.Length > 1 ? Matrices.Create(4, form, a.dtype, shape) : Nd.Uniform(4, -1, 1, shape).ToTensor(a.dtype);
                var expected = Nd.Zip(product.Map(x => x * alpha), Nd.From(self), (x, y) => beta == 0 ? x : x + beta * y);
                var text = $"{what} self {Nd.Text(shape)} {form} beta {beta} alpha {alpha}";
                Close(batch == 0 ? self.addmm(a, b, (float)beta, (float)alpha) : Baddbmm.Call(self, a, b, beta, alpha), expected, text);

                var output = torch.empty(expected.Shape, a.dtype);
                (batch == 0 ? AddmmOut : BaddbmmOut).Run(self, a, b, beta, alpha, output);
                Close(output, expected, text + " out");

                if (!shape.SequenceEqual(product.Shape))
                    continue;
                if (batch == 0)
                    self.addmm_(a, b, (float)beta, (float)alpha);
                else
                    BaddbmmInPlace.InPlace(self, a, b, beta, alpha);
                Close(self, expected, text + " in place");
            }
        }, [Form.RowMajor, Form.ColumnMajor], [(33, 65, 17), (1, 96, 64), (1, 1, 300), (4, 3, 0), (64, 1, 48)]);

    [Test]
    public void A_zero_beta_ignores_what_the_addend_holds()
    {
        var (a, b) = (torch.ones(40, 50), torch.ones(50, 60));
        var nan = torch.full([40, 60], float.NaN);
        Expect.Exact(nan.addmm(a, b, 0, 1), Nd.Full(50, 40, 60));
        Expect.Exact(Baddbmm.Call(torch.full([1, 1, 300], float.NaN), torch.ones(1, 1, 1), torch.ones(1, 1, 300), 0.0, 1.0), Nd.Full(1, 1, 1, 300));
    }

    [Test]
    public void An_output_of_another_size_is_resized()
    {
        var output = torch.empty(0);
        MmOut.Run(torch.ones(40, 50), torch.ones(50, 60), output);
        Expect.Exact(output, Nd.Full(50, 40, 60));
    }

    [Test]
    public void Other_types_keep_their_own_kernels()
    {
        var (a, b) = (Nd.Integers(1, -9, 9, 20, 30), Nd.Integers(2, -9, 9, 30, 25));
        foreach (var dtype in new[] { ScalarType.Int32, ScalarType.Int64, ScalarType.Float64 })
            Expect.Exact(a.ToTensor(dtype).mm(b.ToTensor(dtype)), Matrices.Product(a, b), dtype.ToString());
    }

    [Test]
    public void Shapes_and_types_that_do_not_fit_are_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => torch.ones(40, 50).mm(torch.ones(40, 60)), Throws.Exception);
            Assert.That(() => torch.ones(40, 50).mm(torch.ones(50, 60, dtype: ScalarType.Float64)), Throws.Exception);
            Assert.That(() => torch.ones(2, 40, 50).bmm(torch.ones(3, 50, 60)), Throws.Exception);
            Assert.That(() => torch.ones(7).addmm(torch.ones(40, 50), torch.ones(50, 60)), Throws.Exception);
        });
    }

    [Test]
    public void Infinities_and_NaN_reach_the_rows_and_columns_that_hold_them()
    {
        var (a, b) = (Nd.Uniform(1, 0.5, 1, 40, 50), Nd.Uniform(2, 0.5, 1, 50, 60));
        a[3, 4] = double.PositiveInfinity;
        b[7, 8] = double.NaN;
        Close(a.ToTensor(ScalarType.Float32).mm(b.ToTensor(ScalarType.Float32)), Matrices.Product(a, b), "special values");
    }

    [Test]
    public void Linear_equals_its_definition_for_any_number_of_dimensions()
    {
        foreach (var dtype in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        foreach (var batch in new long[][] { [], [40], [4, 10], [2, 4, 5], [2, 1, 4, 5], [2, 0, 5] })
        foreach (var layout in Layouts.All)
        foreach (var withBias in new[] { false, true })
        {
            using var scope = NewDisposeScope();
            var x = Nd.Uniform(1, -1, 1, [.. batch, 24]).ToTensor(dtype, layout);
            var weight = Nd.Uniform(2, -1, 1, 36, 24).ToTensor(dtype);
            var bias = withBias ? Nd.Uniform(3, -1, 1, 36).ToTensor(dtype) : null;
            var rows = Nd.From(x).Reshape(Nd.Count(batch), 24);
            var expected = Matrices.Product(rows, Nd.From(weight).Permute(1, 0), bias is null ? null : Nd.From(bias));
            Close(F.linear(x, weight, bias), expected.Reshape([.. batch, 36]), $"{dtype} {Nd.Text(batch)} {layout} bias {withBias}");
        }
    }

    [Test]
    public void Gradients_of_linear_and_batched_products_equal_finite_differences()
    {
        var (x, w, b) = (Nd.Uniform(1, -1, 1, 2, 2, 3, 4), Nd.Uniform(2, -1, 1, 5, 4), Nd.Uniform(3, -1, 1, 5));
        GradCheck.Verify(t => F.linear(t[0], t[1], t[2]), x, w, b);
        GradCheck.Verify(t => Baddbmm.Call(t[0], t[1], t[2], 0.5, 2.0), Nd.Uniform(4, -1, 1, 2, 3, 5), Nd.Uniform(5, -1, 1, 2, 3, 4), Nd.Uniform(6, -1, 1, 2, 4, 5));
    }

    [Test]
    public void Float32_gradients_equal_float64_ones()
    {
        Tensor[] Gradients(ScalarType dtype)
        {
            var inputs = new[] { Nd.Uniform(1, -1, 1, 2, 4, 8, 32), Nd.Uniform(2, -1, 1, 48, 32), Nd.Uniform(3, -1, 1, 48), Nd.Uniform(4, -1, 1, 2, 8, 48, 16) }
                .Select(v => v.ToTensor(dtype).requires_grad_()).ToArray();
            var y = F.linear(inputs[0], inputs[1], inputs[2]).transpose(1, 2).matmul(inputs[3]);
            y.square().mean().backward();
            return [.. inputs.Select(i => i.grad!)];
        }

        foreach (var (single, @double) in Gradients(ScalarType.Float32).Zip(Gradients(ScalarType.Float64)))
            Expect.Close(single, Nd.From(@double), 1e-4, 1e-6);
    }

    [Test]
    public void One_thread_and_two_agree_to_rounding()
    {
        var (a, b) = (torch.randn(300, 200), torch.randn(200, 400));
        var threads = torch.get_num_threads();
        try
        {
            torch.set_num_threads(1);
            var one = a.mm(b);
            torch.set_num_threads(2);
            Expect.Close(a.mm(b), Nd.From(one), 1e-5, 1e-5);
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    [Test]
    public void Many_shapes_from_many_threads_give_the_right_products()
    {
        // More shapes than the cache of compiled products holds.
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            using var scope = NewDisposeScope();
            var (m, k, n) = (17 + i % 40, 18 + i % 7, 19 + i % 13);
            Expect.Exact(torch.ones(m, k).mm(torch.ones(k, n)), Nd.Full(k, m, n), $"{m} {k} {n}");
        });
    }

    private static void Close(Tensor actual, Nd expected, string what)
    {
        var tolerance = actual.dtype == ScalarType.Float64 ? 1e-12 : Matrices.Tolerance(actual.dtype);
        // Sums of up to 257 products: cancellation leaves an error relative to the terms, not to the sum.
        Expect.Close(actual, expected, tolerance, 4 * tolerance, what);
    }

    private static void ForEachPair(
        int batch, Action<Tensor, Tensor, Nd, string> check, Form[]? forms = null, (long M, long K, long N)[]? shapes = null)
    {
        foreach (var dtype in Types)
        foreach (var (m, k, n) in shapes ?? Shapes)
        foreach (var formA in forms ?? Matrices.Forms)
        foreach (var formB in forms ?? Matrices.Forms)
        {
            using var scope = NewDisposeScope();
            long[] leading = batch == 0 ? [] : [batch];
            var a = Matrices.Create(1, formA, dtype, [.. leading, m, k]);
            var b = Matrices.Create(2, formB, dtype, [.. leading, k, n]);
            check(a, b, Matrices.Product(Nd.From(a), Nd.From(b)), $"{dtype} {m}×{k}×{n} {formA} {formB}");
        }
    }
}
