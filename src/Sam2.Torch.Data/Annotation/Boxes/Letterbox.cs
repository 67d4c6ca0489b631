using Sam2.Torch.Media;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Data.Annotation.Boxes;

/// <summary>
/// Fits a picture into a square as YOLO detectors want it: scaled to touch two edges, centred, the rest grey; and brings boxes
/// back. Rounding follows Ultralytics, so that boxes come back to where its own tools put them.
/// </summary>
internal sealed class Letterbox
{
    private const double Grey = 114 / 255.0;

    private readonly int _width;
    private readonly int _height;
    private readonly int _size;
    private readonly double _scale;
    private readonly int _scaledWidth;
    private readonly int _scaledHeight;

    /// <summary>Fits a picture of a size into a square.</summary>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="size">The square's side in pixels.</param>
    public Letterbox(int width, int height, int size)
    {
        (_width, _height, _size) = (width, height, size);
        _scale = Math.Min((double)size / height, (double)size / width);
        _scaledWidth = Math.Max(1, (int)Math.Round(width * _scale, MidpointRounding.ToEven));
        _scaledHeight = Math.Max(1, (int)Math.Round(height * _scale, MidpointRounding.ToEven));
        Left = (int)Math.Round(((size - _scaledWidth) / 2.0) - 0.1);
        Top = (int)Math.Round(((size - _scaledHeight) / 2.0) - 0.1);
    }

    /// <summary>Columns of grey left of the picture.</summary>
    public int Left { get; }

    /// <summary>Rows of grey above the picture.</summary>
    public int Top { get; }

    /// <summary>The square: <c>[1, 3, size, size]</c>, float32, 0 to 1, RGB.</summary>
    public Tensor ToInput(RgbImage image)
    {
        using var scope = NewDisposeScope();
        var pixels = image.ToPlanarTensor().unsqueeze(0).to(float32);
        if (_scaledWidth != _width || _scaledHeight != _height)
        {
            // Detectors are trained on pictures that were resized to whole numbers.
            pixels = nn.functional.interpolate(pixels, [_scaledHeight, _scaledWidth], mode: InterpolationMode.Bilinear, align_corners: false).round();
        }

        var square = full([1, 3, _size, _size], (float)Grey, dtype: float32);
        square.narrow(2, Top, _scaledHeight).narrow(3, Left, _scaledWidth).copy_(pixels / 255);
        return square.MoveToOuterDisposeScope();
    }

    /// <summary>A box of the square in pixels of the picture, cut at its edges.</summary>
    public AnnotationBox ToPicture(double x0, double y0, double x1, double y1)
    {
        double left = Math.Clamp((x0 - Left) / _scale, 0, _width), right = Math.Clamp((x1 - Left) / _scale, 0, _width);
        double top = Math.Clamp((y0 - Top) / _scale, 0, _height), bottom = Math.Clamp((y1 - Top) / _scale, 0, _height);
        return new AnnotationBox(left, top, Math.Max(0, right - left), Math.Max(0, bottom - top));
    }
}
