namespace Sam2.Torch.Media;

/// <summary>What the samples of a PNG mean; the values are the format's own.</summary>
internal enum PngColour
{
    /// <summary>One sample per pixel.</summary>
    Grey = 0,

    /// <summary>Red, green, blue.</summary>
    Rgb = 2,

    /// <summary>One index into a palette.</summary>
    Palette = 3,

    /// <summary>Grey and alpha.</summary>
    GreyAlpha = 4,

    /// <summary>Red, green, blue, alpha.</summary>
    Rgba = 6,
}
