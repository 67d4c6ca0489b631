using Sam2.Torch.Media;

namespace Sam2.Torch.Prediction;

/// <summary>A video as a session sees it: frames by index, all of one size.</summary>
public interface IFrameSource
{
    /// <summary>Number of frames; null when unknown before the end is reached.</summary>
    int? FrameCount { get; }

    /// <summary>Width of the frames, in pixels.</summary>
    int Width { get; }

    /// <summary>Height of the frames, in pixels.</summary>
    int Height { get; }

    /// <summary>Reads a frame; null beyond the last. Sessions mostly ask for adjacent frames, forwards or backwards.</summary>
    RgbImage? Read(int frame);
}
