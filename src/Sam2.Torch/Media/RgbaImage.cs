namespace Sam2.Torch.Media;

/// <summary>A picture with transparency, for cut-outs: 8-bit RGB and an 8-bit alpha plane (not premultiplied).</summary>
public sealed class RgbaImage
{
    /// <summary>Combines colour and transparency without copying them.</summary>
    /// <param name="colour">The colours.</param>
    /// <param name="alpha">One byte per pixel, row-major: 0 transparent, 255 opaque.</param>
    /// <exception cref="ArgumentException">The two differ in size.</exception>
    public RgbaImage(RgbImage colour, byte[] alpha)
    {
        ArgumentNullException.ThrowIfNull(colour);
        ArgumentNullException.ThrowIfNull(alpha);
        if (alpha.Length != colour.Width * colour.Height)
        {
            throw new ArgumentException(
                $"{colour.Width}×{colour.Height} pixels need as many alpha values, but {alpha.Length} were given.", nameof(alpha));
        }

        Colour = colour;
        Alpha = alpha;
    }

    /// <summary>The colours, also where the picture is transparent.</summary>
    public RgbImage Colour { get; }

    /// <summary>Opacity per pixel, row-major.</summary>
    public byte[] Alpha { get; }

    /// <summary>Width in pixels.</summary>
    public int Width => Colour.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Colour.Height;
}
