using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>What one frame leaves behind for others to attend to, for B objects or videos in step.</summary>
/// <param name="Features">Spatial memory as tokens, row by row, [B, H · W, Cm]; any floating type.</param>
/// <param name="ObjectPointer">Object pointer, [B, C].</param>
public sealed record FrameMemory(Tensor Features, Tensor ObjectPointer) : IDisposable
{
    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Features.Dispose();
        ObjectPointer.Dispose();
    }
}
