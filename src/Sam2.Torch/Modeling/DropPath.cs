using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>Stochastic depth: in training, drops a residual branch per sample (sam2/modeling/sam2_utils.py, <c>DropPath</c>).</summary>
public sealed class DropPath : nn.Module<Tensor, Tensor>
{
    private readonly double _dropProbability;

    /// <summary>Drops with probability <paramref name="dropProbability"/>, in [0, 1); kept branches are scaled to the same mean.</summary>
    public DropPath(double dropProbability) : base(nameof(DropPath)) => _dropProbability = dropProbability;

    /// <summary>Returns <paramref name="x"/>, <c>[B, …]</c>, with some samples zeroed; in evaluation mode unchanged.</summary>
    public override Tensor forward(Tensor x)
    {
        if (!training || _dropProbability == 0) return x.alias();
        using var scope = NewDisposeScope();
        var keep = 1 - _dropProbability;
        var shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = x.shape[0];
        var mask = empty(shape, dtype: x.dtype, device: x.device).bernoulli_(keep).div_(keep);
        return (x * mask).MoveToOuterDisposeScope();
    }
}
