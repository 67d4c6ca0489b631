using Sam2.Torch.Data;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>The frames of a data set's video, as a session reads them. The last one read is kept: sessions ask for it again.</summary>
public sealed class AnnotatedFrames : IFrameSource
{
    private readonly IAnnotatedVideo _video;
    private (int Index, RgbImage Image) _last;

    /// <summary>Reads the first frame, which tells the size.</summary>
    /// <exception cref="MediaException">The frame is missing or damaged.</exception>
    /// <exception cref="DatasetException">The video has no frame.</exception>
    public AnnotatedFrames(IAnnotatedVideo video)
    {
        ArgumentNullException.ThrowIfNull(video);
        if (video.FrameCount < 1)
        {
            throw new DatasetException($"Video {video.Name} has no frame; remove it from the list of videos.");
        }

        _video = video;
        _last = (0, video.ReadFrame(0));
        (Width, Height) = (_last.Image.Width, _last.Image.Height);
    }

    /// <inheritdoc/>
    public int? FrameCount => _video.FrameCount;

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public RgbImage? Read(int frame)
    {
        if (frame < 0 || frame >= _video.FrameCount)
        {
            return null;
        }

        if (frame != _last.Index)
        {
            _last = (frame, _video.ReadFrame(frame));
        }

        return _last.Image;
    }
}
