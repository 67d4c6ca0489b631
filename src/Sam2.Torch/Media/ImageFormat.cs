namespace Sam2.Torch.Media;

/// <summary>How a picture is stored, recognised by its first bytes, never by its name.</summary>
public enum ImageFormat
{
    /// <summary>Not a format whose header is understood here.</summary>
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

    /// <summary>Tagged Image File Format.</summary>
    Tiff,
}
