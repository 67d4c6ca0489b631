namespace Sam2.Torch.Media;

/// <summary>Frames being read. Disposing ends whatever decodes them.</summary>
internal interface IFrameStream : IDisposable
{
    /// <summary>The next frame, or null at the end.</summary>
    RgbImage? Next();
}
