using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>What prompt encoder and mask decoder make of B prompts.</summary>
/// <param name="LowResMultimasks">Mask logits, <c>[B, M, 4H, 4W]</c>, float32; M is 3 for multimask output, else 1.</param>
/// <param name="Ious">Predicted IoU of each mask, <c>[B, M]</c>, float32.</param>
/// <param name="LowResMasks">The mask with the highest predicted IoU, <c>[B, 1, 4H, 4W]</c>, float32.</param>
/// <param name="ObjectPointer"><c>[B, C]</c>.</param>
/// <param name="ObjectScores">Logits of the object being visible, <c>[B, 1]</c>, float32.</param>
public sealed record SamHeadsOutput(
    Tensor LowResMultimasks, Tensor Ious, Tensor LowResMasks, Tensor ObjectPointer, Tensor ObjectScores) : IDisposable
{
    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public SamHeadsOutput MoveToOuterDisposeScope()
    {
        foreach (var tensor in All) tensor.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in All) tensor.Dispose();
    }

    private Tensor[] All => [LowResMultimasks, Ious, LowResMasks, ObjectPointer, ObjectScores];
}
