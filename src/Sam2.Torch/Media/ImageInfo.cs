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

    /// <summary>
    /// The format by the first bytes of a file. Skia recognises pictures too, but can't tell a damaged picture, which is an error,
    /// from a file that is no picture, which may be a video.
    /// </summary>
    /// <param name="head">The first 12 bytes, or all of a shorter file.</param>
    internal static ImageFormat Recognise(ReadOnlySpan<byte> head) => head switch
    {
        _ when head.StartsWith(PngReader.Signature) => ImageFormat.Png,
        _ when head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) => ImageFormat.Jpeg,
        _ when head.StartsWith("RIFF"u8) && head.EndsWith("WEBP"u8) => ImageFormat.WebP,
        _ when head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8) => ImageFormat.Gif,
        _ when head.StartsWith("BM"u8) => ImageFormat.Bmp,
        _ when head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) => ImageFormat.Tiff,
        _ when HeifPicture.Begins(head) => ImageFormat.Heif,
        _ => ImageFormat.Unknown,
    };
}

/// <summary>How a picture is stored, recognised by its first bytes, never by its name.</summary>
public enum ImageFormat
{
    /// <summary>None of the formats below.</summary>
    Unknown,

    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG, baseline or progressive.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless.</summary>
    WebP,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>Graphics Interchange Format.</summary>
    Gif,

    /// <summary>Tagged Image File Format: recognised so that the error can name it, but not read.</summary>
    Tiff,

    /// <summary>A HEIF container with one picture: HEIC or AVIF. Decoded by ffmpeg, where that can.</summary>
    Heif,
}

/// <summary>Where the stored rows and columns of a picture belong when it is shown; numbered as EXIF tag 0x0112.</summary>
public enum ImageOrientation
{
    /// <summary>Stored upright.</summary>
    Upright = 1,

    /// <summary>Mirrored left to right.</summary>
    MirroredHorizontally = 2,

    /// <summary>Upside down.</summary>
    Rotated180 = 3,

    /// <summary>Mirrored top to bottom.</summary>
    MirroredVertically = 4,

    /// <summary>Rows and columns exchanged.</summary>
    Transposed = 5,

    /// <summary>To be turned clockwise by 90° when shown.</summary>
    TurnClockwise = 6,

    /// <summary>Rows and columns exchanged, then turned by 180°.</summary>
    Transversed = 7,

    /// <summary>To be turned anticlockwise by 90° when shown.</summary>
    TurnAnticlockwise = 8,
}
