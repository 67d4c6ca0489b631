using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>What the image encoder makes of B images: all that later steps need of them.</summary>
/// <param name="Embedding">Image embedding of stride 16, <c>[B, C, H, W]</c>.</param>
/// <param name="HighRes">Skip connections of the mask decoder; null for a model without them.</param>
public sealed record ImageFeatures(Tensor Embedding, HighResFeatures? HighRes) : IDisposable
{
    /// <summary>The features of image <paramref name="index"/>, as views into these.</summary>
    public ImageFeatures this[long index] => new(
        Embedding.narrow(0, index, 1),
        HighRes is null ? null : new(HighRes.Stride8.narrow(0, index, 1), HighRes.Stride4.narrow(0, index, 1)));

    /// <summary>Repeats one image's features for <paramref name="batch"/> objects, without copying.</summary>
    public ImageFeatures Expand(long batch) => new(
        Embedding.expand(batch, -1, -1, -1),
        HighRes is null ? null : new(HighRes.Stride8.expand(batch, -1, -1, -1), HighRes.Stride4.expand(batch, -1, -1, -1)));

    /// <summary>Moves the tensors to the next outer dispose scope.</summary>
    public ImageFeatures MoveToOuterDisposeScope()
    {
        Embedding.MoveToOuterDisposeScope();
        HighRes?.Stride8.MoveToOuterDisposeScope();
        HighRes?.Stride4.MoveToOuterDisposeScope();
        return this;
    }

    /// <summary>Takes the tensors out of every dispose scope; the caller disposes.</summary>
    public ImageFeatures DetachFromDisposeScope()
    {
        Embedding.DetachFromDisposeScope();
        HighRes?.Stride8.DetachFromDisposeScope();
        HighRes?.Stride4.DetachFromDisposeScope();
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Embedding.Dispose();
        HighRes?.Dispose();
    }
}
