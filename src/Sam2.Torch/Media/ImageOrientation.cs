namespace Sam2.Torch.Media;

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
