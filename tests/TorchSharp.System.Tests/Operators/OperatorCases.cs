namespace TorchSharp.Tests.Operators;

/// <summary>All cases, by family.</summary>
public static class OperatorCases
{
    public static IReadOnlyList<OperatorCase> All { get; } =
        [.. LinearAlgebraCases.All, .. ReductionCases.All, .. OrderCases.All, .. ShapeCases.All, .. IndexCases.All, .. ElementCases.All];
}
