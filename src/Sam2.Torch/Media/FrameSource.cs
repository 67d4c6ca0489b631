namespace Sam2.Torch.Media;

/// <summary>Something that has frames: a file or a list of pictures.</summary>
internal abstract class FrameSource
{
    /// <summary>What is known without reading frames.</summary>
    public abstract VideoInfo Info { get; }

    /// <summary>Starts reading the selected frames, scaled to a size.</summary>
    public abstract IFrameStream Open(VideoReadOptions options, int width, int height, CancellationToken cancellation);
}

/// <summary>Frames being read. Disposing ends whatever decodes them.</summary>
internal interface IFrameStream : IDisposable
{
    /// <summary>The next frame, or null at the end.</summary>
    RgbImage? Next();
}
