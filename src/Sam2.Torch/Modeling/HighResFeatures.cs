using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The stride-8 and stride-4 features of an image, projected for the mask decoder's skip connections once per image instead of
/// once per prompt.
/// </summary>
/// <param name="Stride8"><c>[B, C/4, 2H, 2W]</c>, where H×W is the size of the image embedding.</param>
/// <param name="Stride4"><c>[B, C/8, 4H, 4W]</c>.</param>
public sealed record HighResFeatures(Tensor Stride8, Tensor Stride4) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Stride8.Dispose();
        Stride4.Dispose();
    }
}
