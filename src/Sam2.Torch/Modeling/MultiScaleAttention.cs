using Sam2.Torch.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>Self-attention of a window, with optional pooling of the queries (sam2/modeling/backbones/hieradet.py, <c>MultiScaleAttention</c>).</summary>
public sealed class MultiScaleAttention : nn.Module<Tensor, Tensor>
{
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly int _numHeads;
    private readonly IntList? _queryStride;

    /// <summary>Builds the attention.</summary>
    /// <param name="dim">Channels of the input.</param>
    /// <param name="dimOut">Channels of the result.</param>
    /// <param name="numHeads">Attention heads; divides <paramref name="dimOut"/>.</param>
    /// <param name="queryStride">Stride [height, width] of the max pooling of the queries, or null for none.</param>
    public MultiScaleAttention(long dim, long dimOut, int numHeads, IntList? queryStride) : base(nameof(MultiScaleAttention))
    {
        qkv = nn.Linear(dim, dimOut * 3);
        proj = nn.Linear(dimOut, dimOut);
        _numHeads = numHeads;
        _queryStride = queryStride;
        RegisterComponents();
    }

    /// <summary>Maps <c>[B, H, W, dim]</c> to <c>[B, H', W', dimOut]</c>, where H' and W' are divided by the pooling stride.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width) = (x.shape[0], x.shape[1], x.shape[2]);
        // One unbind instead of three selections, each of whose gradients would be as large as all three together.
        var projected = qkv.call(x).view(batch, height * width, 3, _numHeads, -1).unbind(2);
        var query = projected[0];
        if (_queryStride is not null)
        {
            query = MultiScaleBlock.Pool(query.reshape(batch, height, width, -1), _queryStride);
            (height, width) = (query.shape[1], query.shape[2]);
            query = query.reshape(batch, height * width, _numHeads, -1);
        }
        var attended = F.scaled_dot_product_attention(
            query.transpose(1, 2), projected[1].transpose(1, 2), projected[2].transpose(1, 2));
        return proj.call(attended.transpose(1, 2).reshape(batch, height, width, -1)).MoveToOuterDisposeScope();
    }
}
