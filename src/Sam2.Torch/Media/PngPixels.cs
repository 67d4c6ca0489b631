namespace Sam2.Torch.Media;

/// <summary>The samples of a PNG as stored, one byte each (16-bit samples keep their high byte), nothing converted.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Colour">What the samples mean.</param>
/// <param name="BitDepth">Bits per sample in the file.</param>
/// <param name="Samples">height × width × channels bytes.</param>
/// <param name="Palette">R, G, B triples; empty without a palette.</param>
internal sealed record PngPixels(int Width, int Height, PngColour Colour, int BitDepth, byte[] Samples, byte[] Palette)
{
    /// <summary>Samples per pixel.</summary>
    public static int Channels(PngColour colour) => colour switch
    {
        PngColour.GreyAlpha => 2,
        PngColour.Rgb => 3,
        PngColour.Rgba => 4,
        _ => 1,
    };

    /// <summary>The picture in RGB: palettes looked up, grey repeated, transparency dropped.</summary>
    public RgbImage ToRgb()
    {
        if (Colour == PngColour.Rgb)
        {
            return new RgbImage(Width, Height, Samples);
        }

        int channels = Channels(Colour);
        int count = Width * Height;
        var pixels = GC.AllocateUninitializedArray<byte>(count * 3);

        // Samples narrower than a byte are stretched to the full range.
        int scale = BitDepth < 8 && Colour == PngColour.Grey ? 255 / ((1 << BitDepth) - 1) : 1;
        for (int i = 0, to = 0; i < count; i++, to += 3)
        {
            int from = i * channels;
            switch (Colour)
            {
                case PngColour.Palette:
                    int entry = Samples[from] * 3;
                    Palette.AsSpan(entry, 3).CopyTo(pixels.AsSpan(to));
                    break;
                case PngColour.Rgba:
                    pixels[to] = Samples[from];
                    pixels[to + 1] = Samples[from + 1];
                    pixels[to + 2] = Samples[from + 2];
                    break;
                default:
                    byte grey = (byte)(Samples[from] * scale);
                    pixels[to] = pixels[to + 1] = pixels[to + 2] = grey;
                    break;
            }
        }

        return new RgbImage(Width, Height, pixels);
    }
}
