using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

public sealed class UnaryTests : TensorTest
{
    private static readonly long[][] Shapes = [[], [0, 3], [7], [3, 4, 5]];

    private static IEnumerable<UnaryOperator> Plain => UnaryOperators.All.Where(o => o.Calls.Any());

    private static IEnumerable<UnaryOperator> InPlace => UnaryOperators.All.Where(o => o.InPlaceCalls.Any());

    private static IEnumerable<UnaryOperator> Differentiable => Plain.Where(o => o.Differentiable);

    [TestCaseSource(nameof(Plain))]
    public void Equals_its_definition_in_every_layout_and_precision(UnaryOperator op)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        foreach (var shape in Shapes)
        {
            var input = op.Input(1, shape);
            foreach (var (name, call) in op.Calls)
            {
                using var scope = NewDisposeScope();
                var x = input.ToTensor(dtype, layout);
                var result = call(x);
                var tolerance = dtype == ScalarType.Float64 ? op.Tolerance : 2e-5;
                Expect.Close(result, input.Map(op.Reference), tolerance, tolerance, $"{name} {dtype} {layout}");
                Expect.Type(result, op.GivesBool ? ScalarType.Bool : dtype, name);
                Expect.Exact(x, input, $"the argument of {name}");
            }
        }
    }

    [TestCaseSource(nameof(InPlace))]
    public void Overwrites_its_argument_in_place(UnaryOperator op)
    {
        foreach (var dtype in Real)
        foreach (var layout in Layouts.All)
        foreach (var (name, call) in op.InPlaceCalls)
        {
            using var scope = NewDisposeScope();
            var input = op.Input(2, 3, 5);
            var x = input.ToTensor(dtype, layout);
            var result = call(x);
            var tolerance = dtype == ScalarType.Float64 ? op.Tolerance : 2e-5;
            Expect.Close(x, input.Map(op.Reference), tolerance, tolerance, $"{name} {dtype} {layout}");
            Expect.Close(result, input.Map(op.Reference), tolerance, tolerance, $"{name} returns the argument");
        }
    }

    [TestCaseSource(nameof(Differentiable))]
    public void Has_the_derivative_that_finite_differences_give(UnaryOperator op)
    {
        foreach (var (_, call) in op.Calls)
            GradCheck.VerifyOne(call, op.Input(3, 2, 5));
    }
}
