using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// The stride-8 and stride-4 features of an image, projected for the mask decoder's skip connections and ordered as its
/// upscaling needs them (<see cref="SubpixelOrder"/>), once per image instead of once per prompt.
/// </summary>
/// <param name="Stride8"><c>[B, 4HW, C/4]</c>, where H×W is the size of the image embedding.</param>
/// <param name="Stride4"><c>[B, 16HW, C/8]</c>.</param>
public sealed record HighResFeatures(Tensor Stride8, Tensor Stride4) : IDisposable
{
    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Stride8.Dispose();
        Stride4.Dispose();
    }
}
