using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

public sealed class OperatorCaseTests : TensorTest
{
    private static IEnumerable<OperatorCase> Plain => OperatorCases.All.Where(c => c.Calls(c.Types[0]).Count > 0);

    private static IEnumerable<OperatorCase> InPlace => OperatorCases.All.Where(c => c.InPlaceCalls(c.Types[0]).Count > 0);

    private static IEnumerable<OperatorCase> Differentiable => Plain.Where(c => c.Differentiable);

    [TestCaseSource(nameof(Plain))]
    public void Equals_its_definition_in_every_layout_and_precision(OperatorCase c)
        => ForEach(c, (dtype, layout) =>
        {
            foreach (var (name, call) in c.Calls(dtype))
            {
                var x = c.Input.ToTensor(dtype, layout);
                Check(c, call(x), dtype, $"{name} {dtype} {layout}");
                Expect.Exact(x, c.Input, $"the argument of {name}");
            }
        });

    [TestCaseSource(nameof(InPlace))]
    public void Overwrites_its_argument_in_place(OperatorCase c)
        => ForEach(c, (dtype, layout) =>
        {
            foreach (var (name, call) in c.InPlaceCalls(dtype))
            {
                var x = c.Input.ToTensor(dtype, layout);
                Check(c, call(x), dtype, $"{name} {dtype} {layout}");
                Check(c, x, dtype, $"the argument of {name}");
            }
        });

    [TestCaseSource(nameof(Differentiable))]
    public void Has_the_derivative_that_finite_differences_give(OperatorCase c)
    {
        foreach (var (_, call) in c.Calls(ScalarType.Float64))
            GradCheck.VerifyOne(x => torch.cat([.. OperatorCase.Flatten(call(x)).Where(t => t is not null && t.is_floating_point()).Select(t => t!.reshape(-1))]), c.Input);
    }

    private static void Check(OperatorCase c, object result, ScalarType dtype, string what)
    {
        var tensors = OperatorCase.Flatten(result);
        var tolerance = dtype switch { ScalarType.Float64 => c.Tolerance, ScalarType.Float32 => Math.Max(2e-5, c.Tolerance), _ => 0 };
        for (var i = 0; i < c.Expected.Length; i++)
            if (c.Expected[i] is { } expected)
                Expect.Close(tensors[i]!, expected, tolerance, tolerance, $"{what} result {i}");
    }

    private static void ForEach(OperatorCase c, Action<ScalarType, Layout> check)
    {
        foreach (var dtype in c.Types)
        foreach (var layout in c.Layouts)
        {
            using var scope = NewDisposeScope();
            check(dtype, layout);
        }
    }
}
