using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Pointwise;

/// <summary>One element-wise function of one argument and its plain counterpart.</summary>
/// <param name="Name">The operator's name in the API.</param>
/// <param name="Reference">The function on one number.</param>
/// <param name="Low">Least value of the inputs.</param>
/// <param name="High">Upper bound of the inputs.</param>
public sealed record UnaryOperator(string Name, Func<double, double> Reference, double Low = -3, double High = 3)
{
    /// <summary>Calls with arguments beyond the tensor; the plain calls are found by the name.</summary>
    public Func<Tensor, Tensor>[] Also { get; init; } = [];

    /// <summary>Overwriting calls with arguments beyond the tensor.</summary>
    public Func<Tensor, Tensor>[] AlsoInPlace { get; init; } = [];

    /// <summary>The method behind C#'s operator, such as <c>op_UnaryNegation</c>.</summary>
    public string? CSharpOperator { get; init; }

    public bool Differentiable { get; init; } = true;

    public bool GivesBool { get; init; }

    /// <summary>Relative and absolute tolerance in float64.</summary>
    public double Tolerance { get; init; } = 1e-12;

    public IEnumerable<(string Name, Func<Tensor, Tensor> Call)> Calls
        => Forms.Unary(Name, CSharpOperator).Concat(Also.Select((call, i) => ($"{Name} #{i}", call)));

    public IEnumerable<(string Name, Func<Tensor, Tensor> Call)> InPlaceCalls
        => Forms.UnaryInPlace(Name).Concat(AlsoInPlace.Select((call, i) => ($"{Name} in place #{i}", call)));

    public Nd Input(int seed, params long[] shape) => Nd.Uniform(seed, Low, High, shape);

    public override string ToString() => Name;
}
