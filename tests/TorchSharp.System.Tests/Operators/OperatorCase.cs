using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Operators;

/// <summary>One operator, one input, its further arguments, and the results that plain loops give.</summary>
/// <param name="Name">The operator's name in the API; every overload that takes the arguments is called, also with a trailing underscore.</param>
/// <param name="Input">The tensor it is called on.</param>
/// <param name="Arguments">The further arguments, for a type of tensor.</param>
/// <param name="Expected">The results, in order.</param>
public sealed record OperatorCase(string Name, Nd Input, Func<ScalarType, object?[]> Arguments, params Nd?[] Expected)
{
    /// <summary>Distinguishes cases of one operator.</summary>
    public string Note { get; init; } = "";

    public bool Differentiable { get; init; } = true;

    /// <summary>Types of the input.</summary>
    public ScalarType[] Types { get; init; } = [ScalarType.Float32, ScalarType.Float64];

    /// <summary>Memory layouts of the input; libtorch's kron takes a contiguous one only.</summary>
    public Layout[] Layouts { get; init; } = Harness.Layouts.All;

    /// <summary>Relative and absolute tolerance in float64.</summary>
    public double Tolerance { get; init; } = 1e-12;

    public IReadOnlyList<(string Name, Func<Tensor, object> Call)> Calls(ScalarType dtype) => Forms.With(Name, Arguments(dtype));

    public IReadOnlyList<(string Name, Func<Tensor, object> Call)> InPlaceCalls(ScalarType dtype) => Forms.With(Name + "_", Arguments(dtype));

    /// <summary>A result as the tensors it holds.</summary>
    public static Tensor?[] Flatten(object result) => result switch
    {
        Tensor tensor => [tensor],
        IEnumerable<Tensor> list => [.. list],
        System.Runtime.CompilerServices.ITuple tuple => [.. Enumerable.Range(0, tuple.Length).Select(i => (Tensor?)tuple[i])],
        _ => throw new ArgumentException($"{result.GetType()} holds no tensors"),
    };

    public override string ToString() => Note == "" ? Name : $"{Name}, {Note}";
}
