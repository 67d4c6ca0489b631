using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Reductions;

public sealed class ReductionTests : TensorTest
{
    // Distinct values between -2 and 2 with a few zeros' worth of sign changes; no ties for the extremes.
    private static readonly Nd Values = Nd.Shuffled(11, 3, 4, 5).Map(i => (float)(i / 15 - 2));
    private static readonly Nd WithZeros = Nd.Integers(12, 0, 2, 3, 4, 5);

    private static IEnumerable<Reduction> Everything => ReductionOperators.All.Where(r => r.Full.Length > 0);

    private static IEnumerable<Reduction> OneDimension => ReductionOperators.All.Where(r => r.Dim.Length > 0);

    private static IEnumerable<Reduction> SeveralDimensions => ReductionOperators.All.Where(r => r.Dims.Length > 0);

    private static IEnumerable<Reduction> Nothing => ReductionOperators.All.Where(r => r.OfNothing);

    private static IEnumerable<Reduction> Differentiable => ReductionOperators.All.Where(r => r.Differentiable);

    [TestCaseSource(nameof(Everything))]
    public void Reduces_all_values(Reduction op)
        => ForEachInput(op, (x, values, what) =>
        {
            foreach (var form in op.Full)
                Check(op, form(x), values.Reduce([], false, op.Reference), what);
        });

    [TestCaseSource(nameof(OneDimension))]
    public void Reduces_one_dimension(Reduction op)
        => ForEachInput(op, (x, values, what) =>
        {
            foreach (var form in op.Dim)
            foreach (var dim in new[] { 0, 1, -1 })
            foreach (var keepdim in new[] { false, true })
                Check(op, form(x, dim, keepdim), values.Reduce([dim], keepdim, op.Reference), $"{what} dim {dim}");
        });

    [TestCaseSource(nameof(SeveralDimensions))]
    public void Reduces_several_dimensions(Reduction op)
        => ForEachInput(op, (x, values, what) =>
        {
            foreach (var form in op.Dims)
            foreach (var dims in new int[][] { [1], [0, 2], [-1, 1], [0, 1, 2] })
            foreach (var keepdim in new[] { false, true })
                Check(op, form(x, [.. dims.Select(d => (long)d)], keepdim), values.Reduce(dims, keepdim, op.Reference), $"{what} dims {string.Join(",", dims)}");
        });

    [TestCaseSource(nameof(Nothing))]
    public void Has_a_value_for_no_elements(Reduction op)
    {
        foreach (var form in op.Full)
            Expect.Close(form(torch.zeros(0, 3)), Nd.Scalar(op.Reference([])), op.Name);
    }

    [TestCaseSource(nameof(Differentiable))]
    public void Has_the_derivative_that_finite_differences_give(Reduction op)
    {
        foreach (var form in op.Full)
            GradCheck.VerifyOne(form, Values);
        foreach (var form in op.Dim)
            GradCheck.VerifyOne(x => form(x, 1, false), Values);
        foreach (var form in op.Dims)
            GradCheck.VerifyOne(x => form(x, [0, 2], true), Values);
    }

    [Test]
    public void Sums_and_products_of_integers_are_exact_int64()
    {
        var values = Nd.Integers(5, -4, 4, 3, 4);
        foreach (var dtype in new[] { ScalarType.Int32, ScalarType.Int64, ScalarType.Int8, ScalarType.Byte })
        {
            var input = dtype == ScalarType.Byte ? values.Map(Math.Abs) : values;
            var x = input.ToTensor(dtype, Layout.Transposed);
            Expect.Type(x.sum(), ScalarType.Int64);
            Expect.Exact(x.sum(1), input.Reduce([1], false, v => v.Sum()));
            Expect.Exact(x.prod(0L), input.Reduce([0], false, v => v.Aggregate(1.0, (a, b) => a * b)));
        }
    }

    [Test]
    public void Counts_true_values_and_accumulates_in_the_type_asked_for()
    {
        var mask = Nd.Integers(6, 0, 1, 4, 6);
        Expect.Exact(mask.ToTensor(ScalarType.Bool).sum(), mask.Reduce([], false, v => v.Sum()));
        Expect.Type(mask.ToTensor(ScalarType.Bool).sum(ScalarType.Float64), ScalarType.Float64);
        Expect.Type(mask.ToTensor(ScalarType.Float32).sum(0, type: ScalarType.Float64), ScalarType.Float64);
        Expect.Type(mask.ToTensor(ScalarType.Int64).mean([0], type: ScalarType.Float32), ScalarType.Float32);
    }

    [Test]
    public void Not_a_number_propagates_to_extremes_and_sums()
    {
        var x = Nd.Vector(1, double.NaN, 3).ToTensor();
        foreach (var actual in new[] { x.sum(), x.mean(), x.max(), x.min(), x.amax([0]), x.amin([0]) })
            Expect.Exact(actual, Nd.Scalar(double.NaN));
    }

    private static void ForEachInput(Reduction op, Action<Tensor, Nd, string> check)
    {
        var logical = op.Gives is ScalarType.Bool || op.Name == "count_nonzero";
        var values = logical ? WithZeros : Values;
        foreach (var dtype in logical ? [ScalarType.Bool, .. Real] : Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            var read = dtype == ScalarType.Bool ? values.Map(v => v == 0 ? 0 : 1) : values;
            check(read.ToTensor(dtype, layout), read, $"{op} {dtype} {layout}");
        }
    }

    private static void Check(Reduction op, Tensor actual, Nd expected, string what)
    {
        Expect.Close(actual, expected, what);
        if (op.Gives is { } type)
            Expect.Type(actual, type, what);
    }
}
