using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>What the mask decoder predicts for B prompts.</summary>
/// <param name="Masks">Mask logits, <c>[B, M, 4H, 4W]</c>, float32; M is 3 for multimask output, else 1.</param>
/// <param name="Ious">Predicted IoU of each mask, <c>[B, M]</c>, float32.</param>
/// <param name="Tokens">Mask tokens that object pointers are made of, <c>[B, M or 1, C]</c>.</param>
/// <param name="ObjectScores">Logits of the object being visible, <c>[B, 1]</c>, float32.</param>
public sealed record MaskDecoderOutput(Tensor Masks, Tensor Ious, Tensor Tokens, Tensor ObjectScores) : IDisposable
{
    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public MaskDecoderOutput MoveToOuterDisposeScope()
    {
        Masks.MoveToOuterDisposeScope();
        Ious.MoveToOuterDisposeScope();
        Tokens.MoveToOuterDisposeScope();
        ObjectScores.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Masks.Dispose();
        Ious.Dispose();
        Tokens.Dispose();
        ObjectScores.Dispose();
    }
}
