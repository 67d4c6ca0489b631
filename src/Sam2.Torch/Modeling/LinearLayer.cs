using Sam2.Torch.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// A linear layer, <c>x · weightᵀ + bias</c>: <c>torch.nn.Linear</c> with the same parameters and the same initial weights. On a CPU, without
/// gradients, it uses <see cref="OneDnn"/>.
/// </summary>
public class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Builds the layer with freshly initialised weights.</summary>
    /// <param name="inFeatures">Channels of the input, K.</param>
    /// <param name="outFeatures">Channels of the result, N.</param>
    public LinearLayer(long inFeatures, long outFeatures) : base(nameof(LinearLayer))
    {
        weight = nn.Parameter(empty(outFeatures, inFeatures));
        nn.init.kaiming_uniform_(weight, a: Math.Sqrt(5));
        bias = nn.Parameter(empty(outFeatures));
        var bound = 1 / Math.Sqrt(inFeatures);
        nn.init.uniform_(bias, -bound, bound);
        RegisterComponents();
    }

    /// <summary>The weights, <c>[N, K]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>What is added to each result, <c>[N]</c>.</summary>
    public Parameter Bias => bias;

    /// <summary>Maps <c>[…, K]</c> to <c>[…, N]</c>.</summary>
    public override Tensor forward(Tensor x) =>
        OneDnn.IsUsable(x, weight) ? OneDnn.Linear(x, weight, bias) : nn.functional.linear(x, weight, bias);
}
