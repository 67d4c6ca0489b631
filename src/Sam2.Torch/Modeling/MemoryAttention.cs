using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Conditions a frame's image embedding on the memories of other frames and on object pointers
/// (SAM 2 paper, memory attention; sam2/modeling/memory_attention.py, <c>MemoryAttention</c>).
/// </summary>
public sealed class MemoryAttention : Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>
{
    private readonly MemoryAttentionConfig _config;
    private readonly ModuleList<MemoryAttentionLayer> layers;
    private readonly LayerNorm norm;

    /// <summary>Creates the stack with freshly initialised weights.</summary>
    public MemoryAttention(MemoryAttentionConfig config) : base(nameof(MemoryAttention))
    {
        _config = config;
        layers = new ModuleList<MemoryAttentionLayer>(
            Enumerable.Range(0, config.NumLayers).Select(_ => new MemoryAttentionLayer(config.Layer)).ToArray());
        norm = LayerNorm(config.DModel);
        RegisterComponents();
    }

    /// <summary>Conditions a frame's tokens on memories.</summary>
    /// <param name="current">The frame's tokens, row by row, [B, N, C]; [1, N, C] when B objects share the frame.</param>
    /// <param name="currentPosition">Their position encoding, [1 or B, N, C].</param>
    /// <param name="memory">Memories, N tokens each, then object pointers, [B, M, Cm].</param>
    /// <param name="memoryPosition">Their position encoding, [1 or B, M, Cm].</param>
    /// <param name="numObjPtrTokens">Number of object-pointer tokens at the end of <paramref name="memory"/>.</param>
    /// <returns>Conditioned tokens, [B, N, C].</returns>
    /// <exception cref="ArgumentException">The batch sizes don't fit.</exception>
    public override Tensor forward(Tensor current, Tensor currentPosition, Tensor memory, Tensor memoryPosition, long numObjPtrTokens = 0)
    {
        if (current.shape[0] != 1 && current.shape[0] != memory.shape[0])
        {
            throw new ArgumentException(
                $"The frame's tokens have batch {current.shape[0]}, the memories {memory.shape[0]}: they must agree, or the frame's be 1.",
                nameof(current));
        }

        using var scope = NewDisposeScope();
        var x = _config.PosEncAtInput ? current + 0.1 * currentPosition : current;
        foreach (var layer in layers)
            x = layer.call(x, memory, currentPosition, memoryPosition, numObjPtrTokens);
        return norm.call(x).MoveToOuterDisposeScope();
    }
}
