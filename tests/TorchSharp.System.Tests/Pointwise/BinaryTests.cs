using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

public sealed class BinaryTests : TensorTest
{
    private static readonly (long[] A, long[] B)[] Shapes =
    [
        ([], []), ([4], []), ([0, 3], [3]), ([3, 4], [3, 4]), ([2, 1, 5], [4, 1]), ([1], [2, 3, 2]),
    ];

    private static readonly ScalarType[] Integers = [ScalarType.Int64, ScalarType.Int32];

    private static IEnumerable<BinaryOperator> WithTensors => BinaryOperators.All.Where(o => o.Calls.Any());

    private static IEnumerable<BinaryOperator> WithNumbers => BinaryOperators.All.Where(o => o.NumberCalls.Any());

    private static IEnumerable<BinaryOperator> InPlace => BinaryOperators.All.Where(o => o.InPlaceCalls.Any() || o.NumberInPlaceCalls.Any());

    private static IEnumerable<BinaryOperator> Differentiable => BinaryOperators.All.Where(o => o.Differentiable);

    [TestCaseSource(nameof(WithTensors))]
    public void Broadcasts_its_arguments_in_every_layout_and_precision(BinaryOperator op)
    {
        foreach (var dtype in op.OfIntegers ? Integers : Real)
        foreach (var layoutA in Layouts.All)
        foreach (var layoutB in Layouts.All)
        foreach (var (shapeA, shapeB) in Shapes)
        {
            var (a, b) = (op.Input(1, shapeA), op.Input(2, shapeB));
            if (b.Data.Length > 1 && a.Data.Length > 1)
                b.Data[1] = a.Data[1];
            foreach (var (name, call) in op.Calls)
            {
                using var scope = NewDisposeScope();
                var result = call(a.ToTensor(dtype, layoutA), b.ToTensor(dtype, layoutB));
                Expect.Close(result, Nd.Zip(a, b, op.Reference), Expect.Tolerance(dtype), Expect.Tolerance(dtype), $"{name} {dtype} {layoutA} {layoutB}");
                Expect.Type(result, op.Gives ?? dtype, name);
            }
        }
    }

    [TestCaseSource(nameof(WithNumbers))]
    public void Takes_a_number_without_changing_the_type_of_the_tensor(BinaryOperator op)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        {
            var input = op.Input(3, 3, 4);
            (input.Data[5], input.Data[6]) = (1.5, 2);
            foreach (var (name, call, reference) in op.NumberCalls)
            {
                using var scope = NewDisposeScope();
                var result = call(input.ToTensor(dtype, layout));
                Expect.Close(result, input.Map(reference), Expect.Tolerance(dtype), Expect.Tolerance(dtype), $"{name} {dtype} {layout}");
                Expect.Type(result, op.Gives ?? dtype, name);
            }
        }
    }

    [TestCaseSource(nameof(InPlace))]
    public void Overwrites_its_first_argument_in_place(BinaryOperator op)
    {
        foreach (var dtype in op.OfIntegers ? Integers : Real)
        foreach (var layout in Layouts.All)
        {
            using var scope = NewDisposeScope();
            var (a, b) = (op.Input(4, 3, 5), op.Input(5, 5));
            foreach (var (name, call) in op.InPlaceCalls)
            {
                var x = a.ToTensor(dtype, layout);
                var result = call(x, b.ToTensor(dtype));
                Expect.Close(x, Nd.Zip(a, b, op.Reference), $"{name} {layout}");
                Expect.Type(x, dtype, name);
                Expect.Close(result, Nd.Zip(a, b, op.Reference), $"{name} returns the argument");
            }
            foreach (var (name, call, reference) in op.NumberInPlaceCalls)
            {
                var x = a.ToTensor(dtype, layout);
                call(x);
                Expect.Close(x, a.Map(reference), $"{name} {layout}");
            }
        }
    }

    [TestCaseSource(nameof(Differentiable))]
    public void Has_the_derivatives_that_finite_differences_give(BinaryOperator op)
    {
        foreach (var (_, call) in op.Calls)
            GradCheck.Verify(x => call(x[0], x[1]), op.Input(6, 2, 3), op.Input(7, 3));
        foreach (var (_, call, _) in op.NumberCalls)
            GradCheck.VerifyOne(call, op.Input(8, 5));
    }
}
