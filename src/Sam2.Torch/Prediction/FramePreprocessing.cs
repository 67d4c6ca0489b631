using Sam2.Torch.Media;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>
/// Brings video frames to the model's input as the original's video predictor does (sam2/utils/misc.py,
/// <c>load_video_frames</c>): bicubic, rounded to bytes. Its image predictor resizes bilinearly instead.
/// </summary>
internal static class FramePreprocessing
{
    /// <summary>Resizes and normalises a frame.</summary>
    /// <param name="frame">A frame of any size.</param>
    /// <param name="size">Side of the model's input, in pixels.</param>
    /// <param name="device">Where the result is needed.</param>
    /// <returns><c>[1, 3, size, size]</c>, float32.</returns>
    public static Tensor ToModelInput(RgbImage frame, int size, Device device)
    {
        using var scope = NewDisposeScope();
        var resized = new RgbImage(size, size, BicubicResampler.Resize(frame.Pixels, frame.Width, frame.Height, size, size));
        var mean = tensor(ImageTransform.Mean.ToArray(), device: device).view(3, 1, 1);
        var std = tensor(ImageTransform.Std.ToArray(), device: device).view(3, 1, 1);
        var unit = resized.ToPlanarTensor().to(device).to(float32).div_(255);
        return unit.sub_(mean).div_(std).unsqueeze(0).MoveToOuterDisposeScope();
    }
}
