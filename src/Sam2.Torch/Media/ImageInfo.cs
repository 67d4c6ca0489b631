namespace Sam2.Torch.Media;

/// <summary>What a picture's header says, known without decoding it.</summary>
/// <param name="Format">The format, by content.</param>
/// <param name="StoredWidth">Width in pixels as stored.</param>
/// <param name="StoredHeight">Height in pixels as stored.</param>
/// <param name="Orientation">How the stored pixels are to be turned.</param>
public sealed record ImageInfo(ImageFormat Format, int StoredWidth, int StoredHeight, ImageOrientation Orientation)
{
    /// <summary>Width in pixels when upright.</summary>
    public int Width => Orientation >= ImageOrientation.Transposed ? StoredHeight : StoredWidth;

    /// <summary>Height in pixels when upright.</summary>
    public int Height => Orientation >= ImageOrientation.Transposed ? StoredWidth : StoredHeight;
}
