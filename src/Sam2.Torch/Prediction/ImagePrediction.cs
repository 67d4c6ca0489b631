using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>Masks of N prompted objects, M for each: 3 for multimask output, else 1. The caller disposes it.</summary>
/// <param name="Masks"><c>[N, M, H, W]</c> at the image's size: bool, or float32 logits if they were asked for.</param>
/// <param name="Scores">Predicted IoU of each mask, <c>[N, M]</c>, float32.</param>
/// <param name="LowResLogits">Logits within ±32 that a later prompt can refine, <c>[N, M, h, w]</c>, float32.</param>
public sealed record ImagePrediction(Tensor Masks, Tensor Scores, Tensor LowResLogits) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Masks.Dispose();
        Scores.Dispose();
        LowResLogits.Dispose();
    }
}
