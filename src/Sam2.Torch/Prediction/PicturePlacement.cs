using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

/// <summary>
/// Where a picture lies in a model's square input, and so where its prompts and masks lie. SAM 2 stretches a picture to the square; the first
/// Segment Anything fits its longer side and leaves the rest empty (segment_anything/utils/transforms.py, <c>ResizeLongestSide</c>, and
/// segment_anything/modeling/sam.py, <c>preprocess</c> and <c>postprocess_masks</c>).
/// </summary>
internal sealed class PicturePlacement
{
    /// <summary>Mean and deviation of intensities, 0 to 255, as the first Segment Anything has them.</summary>
    private static readonly float[] PaddedMean = [123.675f, 116.28f, 103.53f], PaddedStd = [58.395f, 57.12f, 57.375f];

    private readonly int _size;
    private readonly int _maskSize;
    private readonly bool _padded;

    /// <summary>Places a picture.</summary>
    /// <param name="model">The model.</param>
    /// <param name="height">The picture's height, in pixels.</param>
    /// <param name="width">The picture's width, in pixels.</param>
    public PicturePlacement(IPromptableModel model, int height, int width)
    {
        (Height, Width, _size, _maskSize, _padded) = (height, width, model.ImageSize, model.MaskInputSize, model.PictureFit == PictureFit.Padded);
        (InputHeight, InputWidth) = (_size, _size);
        if (!_padded) return;
        var scale = (double)_size / Math.Max(height, width);
        // A picture of one row by thousands of columns would have no row left.
        (InputHeight, InputWidth) = (Math.Max(1, (int)((height * scale) + 0.5)), Math.Max(1, (int)((width * scale) + 0.5)));
    }

    /// <summary>The picture's height, in pixels.</summary>
    public int Height { get; }

    /// <summary>The picture's width, in pixels.</summary>
    public int Width { get; }

    /// <summary>Rows of the input that show the picture, from the top.</summary>
    public int InputHeight { get; }

    /// <summary>Columns of the input that show the picture, from the left.</summary>
    public int InputWidth { get; }

    /// <summary>What pixels from the left edge are multiplied by to get those of the input.</summary>
    public float ScaleX => (float)InputWidth / Width;

    /// <summary>What pixels from the top edge are multiplied by to get those of the input.</summary>
    public float ScaleY => (float)InputHeight / Height;

    /// <summary>The picture as the model sees it.</summary>
    /// <param name="image"><c>[H, W, 3]</c>, uint8, RGB.</param>
    /// <returns><c>[3, S, S]</c>, float32, on the image's device.</returns>
    /// <exception cref="ArgumentException">The image has another shape or type, or no pixels.</exception>
    public Tensor ToModelInput(Tensor image)
    {
        if (!_padded) return ImageTransform.ToModelInput(image, _size);
        ImageTransform.RequireRgbBytes(image);
        using var scope = NewDisposeScope();
        var pixels = PillowResampler.Resize(TensorMemory.ToArray<byte>(image), Width, Height, InputWidth, InputHeight, ResamplingFilter.Bilinear);
        var resized = TensorMemory.From<byte>(pixels, ScalarType.Byte, InputHeight, InputWidth, 3).permute(2, 0, 1).to(float32);
        var normalised = (resized - tensor(PaddedMean).view(3, 1, 1)) / tensor(PaddedStd).view(3, 1, 1);
        var square = zeros(3, _size, _size);
        square.narrow(1, 0, InputHeight).narrow(2, 0, InputWidth).copy_(normalised);
        return square.to(image.device).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The picture's part of mask logits, <c>[N, M, h', w']</c>, which only has to be stretched to the picture's size. Padding ends between two
    /// pixels of low-resolution logits, so they are brought to the input's size first, where each mask takes 4 MB.
    /// </summary>
    /// <param name="lowRes"><c>[N, M, h, w]</c>, as the decoder gives them.</param>
    public Tensor Visible(Tensor lowRes)
    {
        if (!_padded) return lowRes.alias();
        using var scope = NewDisposeScope();
        var input = F.interpolate(lowRes, size: [_size, _size], mode: InterpolationMode.Bilinear, align_corners: false);
        return input.narrow(2, 0, InputHeight).narrow(3, 0, InputWidth).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>How many masks <see cref="Visible"/> is asked for at a time, to bound memory.</summary>
    public int VisibleAtATime => _padded ? 16 : int.MaxValue;

    /// <summary>Masks at the picture's size, <c>[N, M, H, W]</c>: bool, or logits.</summary>
    /// <param name="lowRes"><c>[N, M, h, w]</c>, as the decoder gives them.</param>
    /// <param name="threshold">Logit above which a pixel belongs to a mask.</param>
    /// <param name="returnLogits">Whether logits are wanted.</param>
    public Tensor Masks(Tensor lowRes, double threshold, bool returnLogits)
    {
        if (!_padded) return Resize(lowRes);
        using var scope = NewDisposeScope();
        var (prompts, masks) = (lowRes.size(0), lowRes.size(1));
        var result = empty([prompts * masks, 1, Height, Width], dtype: returnLogits ? float32 : ScalarType.Bool, device: lowRes.device);
        var flat = lowRes.flatten(0, 1).unsqueeze(1);
        for (long first = 0; first < flat.size(0); first += VisibleAtATime)
        {
            using var some = NewDisposeScope();
            var count = Math.Min(VisibleAtATime, flat.size(0) - first);
            result.narrow(0, first, count).copy_(Resize(Visible(flat.narrow(0, first, count))));
        }

        return result.view(prompts, masks, Height, Width).MoveToOuterDisposeScope();

        Tensor Resize(Tensor logits) => returnLogits ? MaskResize.Logits(logits, Height, Width) : MaskResize.Binary(logits, Height, Width, threshold);
    }

    /// <summary>A mask of the picture as the prompt encoder takes it: logits within ±10, <c>[1, s, s]</c>.</summary>
    public Tensor ToLogits(BinaryMask mask) => MaskPrompt.ToLogits(mask, _maskSize, MaskCells(InputHeight), MaskCells(InputWidth));

    private int MaskCells(int pixels) => Math.Max(1, (int)Math.Round((double)pixels * _maskSize / _size));
}
