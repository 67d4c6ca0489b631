using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

/// <summary>One element-wise function of two arguments and its plain counterpart.</summary>
/// <param name="Name">The operator's name in the API.</param>
/// <param name="Reference">The function on two numbers.</param>
/// <param name="Low">Least value of the inputs.</param>
/// <param name="High">Upper bound of the inputs.</param>
public sealed record BinaryOperator(string Name, Func<double, double, double> Reference, double Low = -3, double High = 3)
{
    /// <summary>The method behind C#'s operator, such as <c>op_Addition</c>.</summary>
    public string? CSharpOperator { get; init; }

    /// <summary>Calls with further arguments; the plain calls are found by the name.</summary>
    public Func<Tensor, Tensor, Tensor>[] Also { get; init; } = [];

    /// <summary>Overwriting calls with further arguments.</summary>
    public Func<Tensor, Tensor, Tensor>[] AlsoInPlace { get; init; } = [];

    public bool Differentiable { get; init; } = true;

    /// <summary>Whether the arguments are integers.</summary>
    public bool OfIntegers { get; init; }

    /// <summary>Type of the result; the arguments' when null.</summary>
    public ScalarType? Gives { get; init; }

    public IEnumerable<(string Name, Func<Tensor, Tensor, Tensor> Call)> Calls
        => Forms.Binary(Name, CSharpOperator).Concat(Also.Select((call, i) => ($"{Name} #{i}", call)));

    public IEnumerable<(string Name, Func<Tensor, Tensor, Tensor> Call)> InPlaceCalls
        // An operator with a result type of its own can't overwrite an argument of another type.
        => (Gives is null or ScalarType.Bool ? Forms.Binary(Name + "_") : []).Concat(AlsoInPlace.Select((call, i) => ($"{Name} in place #{i}", call)));

    /// <summary>Calls with a number on either side, and the function that they must equal.</summary>
    public IEnumerable<(string Name, Func<Tensor, Tensor> Call, Func<double, double> Reference)> NumberCalls
        => Forms.WithNumber(Name, CSharpOperator).Select(f => (f.Name, f.Call, (Func<double, double>)(x => Reference(x, f.Number))))
            .Concat(CSharpOperator is null ? [] : Forms.NumberWith(CSharpOperator).Select(f => (f.Name, f.Call, (Func<double, double>)(x => Reference(f.Number, x)))));

    /// <summary>Overwriting calls with a number.</summary>
    public IEnumerable<(string Name, Func<Tensor, Tensor> Call, Func<double, double> Reference)> NumberInPlaceCalls
        => Forms.WithNumber(Name + "_").Select(f => (f.Name, f.Call, (Func<double, double>)(x => Reference(x, f.Number))));

    public Nd Input(int seed, params long[] shape)
        => OfIntegers ? Nd.Integers(seed, (int)Low, (int)High, shape) : Nd.Uniform(seed, Low, High, shape);

    public override string ToString() => Name;
}
