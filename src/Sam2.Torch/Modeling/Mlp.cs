using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>A stack of linear layers with an activation between them (sam2/modeling/sam2_utils.py, <c>MLP</c>).</summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Linear> layers;
    private readonly Activation _activation;
    private readonly bool _sigmoidOutput;

    /// <summary>Builds <paramref name="numLayers"/> linear layers.</summary>
    /// <param name="inputDim">Channels of the input.</param>
    /// <param name="hiddenDim">Channels between the layers.</param>
    /// <param name="outputDim">Channels of the result.</param>
    /// <param name="numLayers">Number of linear layers, at least 1.</param>
    /// <param name="activation">Between the layers, not after the last.</param>
    /// <param name="sigmoidOutput">Whether the result passes a sigmoid.</param>
    public Mlp(long inputDim, long hiddenDim, long outputDim, int numLayers,
        Activation activation = Activation.Relu, bool sigmoidOutput = false) : base(nameof(Mlp))
    {
        layers = new ModuleList<Linear>([.. Enumerable.Range(0, numLayers).Select(i => nn.Linear(
            i == 0 ? inputDim : hiddenDim,
            i == numLayers - 1 ? outputDim : hiddenDim))]);
        _activation = activation;
        _sigmoidOutput = sigmoidOutput;
        RegisterComponents();
    }

    /// <summary>Maps <c>[…, inputDim]</c> to <c>[…, outputDim]</c>.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < layers.Count; i++)
        {
            x = layers[i].call(x);
            if (i < layers.Count - 1) x = _activation.ApplyConsuming(x);
        }
        if (_sigmoidOutput) x = F.sigmoid(x);
        return x.MoveToOuterDisposeScope();
    }
}
