using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>What the model said of one object on one frame. Outside every dispose scope; whoever holds it disposes it.</summary>
public sealed class FrameOutput : IDisposable
{
    /// <summary>Takes over the tensors.</summary>
    /// <param name="maskLogits">[1, 1, h, w], float32.</param>
    /// <param name="objectPointer">[1, C].</param>
    /// <param name="objectScore">[1, 1], float32.</param>
    internal FrameOutput(Tensor maskLogits, Tensor objectPointer, Tensor objectScore)
    {
        MaskLogits = maskLogits.DetachFromDisposeScope();
        ObjectPointer = objectPointer.DetachFromDisposeScope();
        ObjectScore = objectScore.DetachFromDisposeScope();
    }

    /// <summary>Mask logits at a quarter of the model's resolution, [1, 1, h, w], float32.</summary>
    public Tensor MaskLogits { get; }

    /// <summary>Object pointer, [1, C].</summary>
    public Tensor ObjectPointer { get; }

    /// <summary>Logit of the object being visible, [1, 1], float32.</summary>
    public Tensor ObjectScore { get; }

    /// <summary>What other frames attend to; null before the frame's memory is encoded.</summary>
    public FrameMemory? Memory { get; private set; }

    /// <summary>Adds the spatial memory, [1, N, Cm], and takes it over.</summary>
    internal void Remember(Tensor features) => Memory = new FrameMemory(features.DetachFromDisposeScope(), ObjectPointer);

    /// <inheritdoc/>
    public void Dispose()
    {
        MaskLogits.Dispose();
        ObjectScore.Dispose();
        ObjectPointer.Dispose();
        Memory?.Features.Dispose();
    }
}
