using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// A transformer block of the trunk, with attention in windows or over the whole grid, and with pooling at a stage change
/// (sam2/modeling/backbones/hieradet.py, <c>MultiScaleBlock</c>).
/// </summary>
public sealed class MultiScaleBlock : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly MultiScaleAttention attn;
    private readonly LayerNorm norm2;
    private readonly Mlp mlp;
    private readonly Linear? proj;
    private readonly DropPath _dropPath;
    private readonly IntList? _queryStride;
    private readonly int _windowSize;

    /// <summary>Builds a block.</summary>
    /// <param name="dim">Channels of the input.</param>
    /// <param name="dimOut">Channels of the result.</param>
    /// <param name="numHeads">Attention heads.</param>
    /// <param name="dropPath">Stochastic depth, in [0, 1).</param>
    /// <param name="queryStride">Pooling stride [height, width], or null for none.</param>
    /// <param name="windowSize">Side of the attention window in tokens; 0 for attention over the whole grid.</param>
    public MultiScaleBlock(long dim, long dimOut, int numHeads, double dropPath, IntList? queryStride, int windowSize)
        : base(nameof(MultiScaleBlock))
    {
        const double epsilon = 1e-6;
        const int mlpRatio = 4;
        norm1 = nn.LayerNorm(dim, epsilon);
        attn = new MultiScaleAttention(dim, dimOut, numHeads, queryStride);
        norm2 = nn.LayerNorm(dimOut, epsilon);
        mlp = new Mlp(dimOut, dimOut * mlpRatio, dimOut, numLayers: 2, Activation.Gelu);
        if (dim != dimOut) proj = nn.Linear(dim, dimOut);
        _dropPath = new DropPath(dropPath);
        _queryStride = queryStride;
        _windowSize = windowSize;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, H, W, dim]</c> to <c>[B, H', W', dimOut]</c>, where H' and W' are divided by the pooling stride.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.call(x);
        var shortcut = x;
        if (proj is not null)
        {
            shortcut = proj.call(normed);
            if (_queryStride is not null) shortcut = Pool(shortcut, _queryStride);
        }

        var attended = _windowSize == 0
            ? attn.call(normed)
            : WindowPartition.Unpartition(
                attn.call(WindowPartition.Partition(normed, _windowSize)), shortcut.shape[1], shortcut.shape[2]);
        x = shortcut + _dropPath.call(attended);
        return (x + _dropPath.call(mlp.call(norm2.call(x)))).MoveToOuterDisposeScope();
    }

    /// <summary>Max pooling of <c>[B, H, W, C]</c> with the kernel equal to the stride.</summary>
    internal static Tensor Pool(Tensor x, IntList stride)
    {
        using var scope = NewDisposeScope();
        long[] kernel = [stride[0], stride[1]];
        return F.max_pool2d(x.permute(0, 3, 1, 2), kernel, kernel).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }
}
