using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// 1×1 convolutions as one matrix product over channels-last pixels. The trunk's features are channels-last in memory, so
/// nothing is transposed.
/// </summary>
internal static class PointwiseConvolution
{
    /// <summary>Applies a 1×1 convolution of stride 1 to <c>[B, C, H, W]</c>; the result is channels-last in memory.</summary>
    public static Tensor Apply(Conv2d convolution, Tensor x)
    {
        using var scope = NewDisposeScope();
        return F.linear(x.permute(0, 2, 3, 1), convolution.weight!.flatten(1), convolution.bias)
            .permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
