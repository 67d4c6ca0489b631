using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Upscales the image embedding four times, with skip connections to the high-resolution features
/// (<c>output_upscaling</c> of sam2/modeling/sam/mask_decoder.py). Works on tokens in <see cref="SubpixelOrder"/>.
/// </summary>
public sealed class OutputUpscaling : nn.Module
{
    // The original is a Sequential, in which activations take the numbers that are missing here.
    [ComponentName(Name = "0")] private readonly ConvTranspose2d _first;
    [ComponentName(Name = "1")] private readonly LayerNorm2d _norm;
    [ComponentName(Name = "3")] private readonly ConvTranspose2d _second;

    /// <summary>Two transposed convolutions of stride 2, from <paramref name="dim"/> to an eighth of the channels.</summary>
    public OutputUpscaling(int dim) : base(nameof(OutputUpscaling))
    {
        _first = nn.ConvTranspose2d(dim, dim / 4, kernel_size: 2, stride: 2);
        _norm = new LayerNorm2d(dim / 4);
        _second = nn.ConvTranspose2d(dim / 4, dim / 8, kernel_size: 2, stride: 2);
        RegisterComponents();
    }

    /// <summary>Upscales.</summary>
    /// <param name="image"><c>[B, HW, C]</c>.</param>
    /// <param name="skips">Features of stride 8 and 4, <c>[B or 1, 4HW, C/4]</c> and <c>[B or 1, 16HW, C/8]</c>, or null.</param>
    /// <returns><c>[B, 16HW, C/8]</c>.</returns>
    public Tensor forward(Tensor image, HighResFeatures? skips)
    {
        using var scope = NewDisposeScope();
        var x = Upscale(image, _first);
        if (skips is not null) x = x.add_(skips.Stride8);
        x = Activation.Gelu.ApplyConsuming(_norm.ForwardChannelsLast(x));
        x = Upscale(x, _second);
        if (skips is not null) x = x.add_(skips.Stride4);
        return Activation.Gelu.ApplyConsuming(x).MoveToOuterDisposeScope();
    }

    /// <summary>A transposed convolution with kernel and stride 2 as one product: every token becomes four.</summary>
    private static Tensor Upscale(Tensor x, ConvTranspose2d convolution)
    {
        using var scope = NewDisposeScope();
        var weight = convolution.weight!; // [in, out, 2, 2]
        var (channelsIn, channelsOut) = (weight.shape[0], weight.shape[1]);
        var product = F.linear(x,
            weight.permute(2, 3, 1, 0).reshape(4 * channelsOut, channelsIn), convolution.bias!.repeat(4));
        return product.view(x.shape[0], x.shape[1] * 4, channelsOut).MoveToOuterDisposeScope();
    }
}
