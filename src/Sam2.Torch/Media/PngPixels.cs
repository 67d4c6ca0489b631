using System.Buffers.Binary;

namespace Sam2.Torch.Media;

/// <summary>What a PNG says before its pixels.</summary>
/// <param name="Width">Width in pixels as stored.</param>
/// <param name="Height">Height in pixels as stored.</param>
/// <param name="Colour">What the samples mean.</param>
/// <param name="BitDepth">Bits per sample: 1, 2, 4, 8 or 16.</param>
/// <param name="IsInterlaced">Whether the rows come in seven passes.</param>
/// <param name="Orientation">How the stored pixels are to be turned.</param>
internal sealed record PngHeader(int Width, int Height, PngColour Colour, int BitDepth, bool IsInterlaced, ImageOrientation Orientation)
{
    /// <summary>Samples per pixel.</summary>
    public int Channels => Colour switch
    {
        PngColour.GreyAlpha => 2,
        PngColour.Rgb => 3,
        PngColour.Rgba => 4,
        _ => 1,
    };

    /// <summary>Bytes per sample in memory.</summary>
    public int SampleBytes => BitDepth == 16 ? 2 : 1;
}

/// <summary>The samples of a PNG as stored, nothing converted.</summary>
/// <param name="Header">Size and meaning.</param>
/// <param name="Samples">height × width × channels numbers of one byte; of two, the higher first, if they have 16 bits.</param>
/// <param name="Palette">R, G, B triples; empty without a palette.</param>
internal sealed record PngPixels(PngHeader Header, byte[] Samples, byte[] Palette)
{
    /// <summary>A stored number, of 8 bits or fewer or of 16.</summary>
    /// <param name="index">Its place: channels follow each other, then pixels.</param>
    public ushort Sample(int index) => Header.SampleBytes == 1 ? Samples[index] : BinaryPrimitives.ReadUInt16BigEndian(Samples.AsSpan(2 * index));

    /// <summary>A byte per pixel that is 0 only where all stored numbers but alpha are 0.</summary>
    public byte[] AnyColour()
    {
        int pixel = Header.Channels * Header.SampleBytes;
        if (pixel == 1)
        {
            return Samples;
        }

        int colours = Header.Colour is PngColour.GreyAlpha or PngColour.Rgba ? pixel - Header.SampleBytes : pixel;
        var any = new byte[Header.Width * Header.Height];
        for (int i = 0; i < any.Length; i++)
        {
            any[i] = Samples.AsSpan(i * pixel, colours).ContainsAnyExcept((byte)0) ? (byte)1 : (byte)0;
        }

        return any;
    }

    /// <summary>
    /// The numbers of a grey or palette picture. Those of 16 bits are taken as they are if none exceeds 255, and divided by 257 if
    /// all are 8-bit numbers stretched to 16 bits (so that white, 65535, is 255 as in 8 bits).
    /// </summary>
    /// <exception cref="InvalidDataException">There are 16-bit numbers that have no 8-bit form.</exception>
    public byte[] Numbers()
    {
        if (Header.BitDepth < 16)
        {
            return Samples;
        }

        var numbers = new byte[Samples.Length / 2];
        bool areSmall = true, areStretched = true;
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = Samples[(2 * i) + 1];
            areSmall &= Samples[2 * i] == 0;
            areStretched &= Samples[2 * i] == numbers[i];
        }

        // In both cases the lower byte is the number.
        return areSmall || areStretched
            ? numbers
            : throw new InvalidDataException("has 16-bit numbers above 255, but object ids go up to 255");
    }

    /// <summary>A picture of 16 bits in 8: v·255/65535, rounded, or of another range. Grey is repeated, transparency dropped.</summary>
    public RgbImage RoundToRgb(SampleRange range = default)
    {
        if (Header.BitDepth != 16)
        {
            throw new InvalidOperationException($"Only pictures of 16 bits need rounding, not of {Header.BitDepth}.");
        }

        var image = new RgbImage(Header.Width, Header.Height);
        int channels = Header.Channels;
        int next = channels >= 3 ? 1 : 0;
        var table = range.Table(this);
        for (int i = 0, to = 0; to < image.Pixels.Length; i += channels, to += 3)
        {
            image.Pixels[to] = table[Sample(i)];
            image.Pixels[to + 1] = table[Sample(i + next)];
            image.Pixels[to + 2] = table[Sample(i + (2 * next))];
        }

        return image;
    }
}
