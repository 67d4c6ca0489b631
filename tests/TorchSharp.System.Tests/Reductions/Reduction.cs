using static TorchSharp.torch;

namespace TorchSharp.Tests.Reductions;

/// <summary>A function that turns the values along some dimensions into one, in all its forms.</summary>
/// <param name="Name">Name shown for the test case.</param>
/// <param name="Reference">The value of a list of numbers.</param>
public sealed record Reduction(string Name, Func<double[], double> Reference)
{
    /// <summary>Forms that reduce everything.</summary>
    public Func<Tensor, Tensor>[] Full { get; init; } = [];

    /// <summary>Forms that reduce one dimension: tensor, dimension, keepdim.</summary>
    public Func<Tensor, long, bool, Tensor>[] Dim { get; init; } = [];

    /// <summary>Forms that reduce several dimensions: tensor, dimensions, keepdim.</summary>
    public Func<Tensor, long[], bool, Tensor>[] Dims { get; init; } = [];

    public bool Differentiable { get; init; } = true;

    /// <summary>Type of the result; the argument's when null.</summary>
    public ScalarType? Gives { get; init; }

    /// <summary>Whether the result of no values is defined.</summary>
    public bool OfNothing { get; init; }

    public override string ToString() => Name;
}
