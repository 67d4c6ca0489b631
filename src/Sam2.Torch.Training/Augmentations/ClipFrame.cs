using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>A frame of a clip with the masks of its objects, before it becomes the model's input.</summary>
/// <param name="Image">[3, H, W], float32, RGB in [0, 1].</param>
/// <param name="Masks">[O, H, W], bool; all false where an object can't be seen.</param>
internal sealed record ClipFrame(Tensor Image, Tensor Masks)
{
    /// <summary>Height in pixels.</summary>
    public long Height => Image.shape[1];

    /// <summary>Width in pixels.</summary>
    public long Width => Image.shape[2];

    /// <summary>
    /// At another size: the picture antialiased, and of the masks what covers more than half of a pixel, read off between
    /// neighbouring pixels as in the original.
    /// </summary>
    public ClipFrame ResizedTo(long height, long width)
    {
        if (height == Height && width == Width)
            return this;
        using var scope = NewDisposeScope();
        var image = F.interpolate(Image.unsqueeze(0), size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true).squeeze(0);
        return new ClipFrame(image.clamp(0, 1), ResizedMasks(Masks, height, width)).MoveToOuterDisposeScope();
    }

    /// <summary>Masks [O, H, W] at another size, as <see cref="ResizedTo"/> makes them.</summary>
    public static Tensor ResizedMasks(Tensor masks, long height, long width)
    {
        if (masks.shape[1] == height && masks.shape[2] == width)
            return masks.alias();
        using var scope = NewDisposeScope();
        var soft = F.interpolate(masks.to(float32).unsqueeze(0), size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
        return (soft.squeeze(0) > 0.5f).MoveToOuterDisposeScope();
    }

    /// <summary>This frame, kept when the current dispose scope ends.</summary>
    public ClipFrame MoveToOuterDisposeScope()
    {
        Image.MoveToOuterDisposeScope();
        Masks.MoveToOuterDisposeScope();
        return this;
    }
}
