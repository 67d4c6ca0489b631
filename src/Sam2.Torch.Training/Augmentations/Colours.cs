using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>Changes of colour as torchvision has them. Pictures are [3, H, W], RGB in [0, 1].</summary>
internal static class Colours
{
    /// <summary>Brightness, [1, H, W], by the weights of ITU-R BT.601.</summary>
    public static Tensor Luma(Tensor image)
    {
        using var scope = NewDisposeScope();
        return ((image.narrow(0, 0, 1) * 0.299f) + (image.narrow(0, 1, 1) * 0.587f) + (image.narrow(0, 2, 1) * 0.114f)).MoveToOuterDisposeScope();
    }

    /// <summary>Between black (0) and the picture (1), or brighter (above 1).</summary>
    public static Tensor Brightness(Tensor image, double factor) => Blend(image, 0, factor);

    /// <summary>Between an even grey of the picture's mean brightness (0) and the picture (1), or with more contrast (above 1).</summary>
    public static Tensor Contrast(Tensor image, double factor)
    {
        using var scope = NewDisposeScope();
        return Blend(image, Luma(image).mean().item<float>(), factor).MoveToOuterDisposeScope();
    }

    /// <summary>Between grey (0) and the picture (1), or with stronger colours (above 1).</summary>
    public static Tensor Saturation(Tensor image, double factor)
    {
        using var scope = NewDisposeScope();
        return ((image * (float)factor) + (Luma(image) * (float)(1 - factor))).clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Turns the hue by a share of the circle of colours, −0.5 to 0.5.</summary>
    public static Tensor Hue(Tensor image, double turn)
    {
        using var scope = NewDisposeScope();
        var (red, green, blue) = (image[0], image[1], image[2]);
        var value = image.amax(0);
        var chroma = value - image.amin(0);
        var divisor = where(chroma > 0, chroma, ones_like(chroma));

        // Where colours lie on the circle, in sixths: red at 0, green at 2, blue at 4.
        var hue = where(
            value == red, (green - blue) / divisor,
            where(value == green, ((blue - red) / divisor) + 2, ((red - green) / divisor) + 4));
        hue = hue + (float)(6 * turn);

        // Each channel falls from the value by the chroma, along the circle (Smith, "Color Gamut Transform Pairs", 1978).
        Tensor Channel(double offset)
        {
            var k = (hue + offset).remainder(6);
            return value - (chroma * minimum(k, 4 - k).clamp(0, 1));
        }
        return stack([Channel(5), Channel(3), Channel(1)]).MoveToOuterDisposeScope();
    }

    private static Tensor Blend(Tensor image, double other, double factor)
    {
        using var scope = NewDisposeScope();
        return ((image * (float)factor) + (float)(other * (1 - factor))).clamp(0, 1).MoveToOuterDisposeScope();
    }
}
