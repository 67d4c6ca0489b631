using TorchSharp.Tests.Harness;

namespace TorchSharp.Tests.Vision;

/// <summary>Shapes and settings of one convolution.</summary>
public sealed record ConvolutionCase(string Name, long[] Input, long[] Weight)
{
    public long[] Stride { get; init; } = [1, 1];

    public long[] Padding { get; init; } = [0, 0];

    public long[] OutputPadding { get; init; } = [0, 0];

    public long[] Dilation { get; init; } = [1, 1];

    public long Groups { get; init; } = 1;

    public (Nd X, Nd W, Nd B) Inputs(long outputs)
        => (Nd.Uniform(1, -1, 1, Input), Nd.Uniform(2, -1, 1, Weight), Nd.Uniform(3, -1, 1, outputs));

    public override string ToString() => Name;
}
