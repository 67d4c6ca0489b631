namespace Sam2.Torch.Media;

/// <summary>
/// A PNG whose pixels are the numbers of objects, from 0 (nothing) to 65535: of a palette, grey of up to 16 bits, or colours that are
/// all grey. Unlike an <see cref="IndexedImage"/> it holds numbers above 255, and no colours for them.
/// </summary>
public sealed class LabelImage
{
    /// <summary>Wraps numbers without copying them.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="numbers">One number per pixel, row-major.</param>
    /// <param name="hasPalette">Whether the numbers were indices into a palette, which are never meant as brightness.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public LabelImage(int width, int height, ushort[] numbers, bool hasPalette = false)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (numbers.LongLength != (long)width * height)
        {
            throw new ArgumentException($"{width}×{height} pixels need as many numbers, but {numbers.Length} were given.", nameof(numbers));
        }

        (Width, Height, Numbers, HasPalette) = (width, height, numbers, hasPalette);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>One number per pixel, row-major.</summary>
    public ushort[] Numbers { get; }

    /// <summary>Whether the numbers were indices into a palette, which are never meant as brightness.</summary>
    public bool HasPalette { get; }

    /// <summary>
    /// Whether the numbers are brightness rather than objects: those of a mask that was smoothed, blurred or scaled with interpolation. It is told
    /// by objects having an inside, so a picture of nothing but specks and lines beside white is taken for one too.
    /// </summary>
    public bool HasSoftEdges => SoftEdges.AreIn(this);

    /// <summary>Reads a PNG as it is stored, whatever its orientation.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on the picture.</param>
    /// <exception cref="MediaException">
    /// Not a PNG, damaged or larger than the limits, or of several colours. One colour on black is like white on black.
    /// </exception>
    public static LabelImage Read(string path, MediaLimits? limits = null)
    {
        using var stream = MediaFile.OpenRead(path);
        return OfPng(path, PngReader.Read(stream, path, limits ?? MediaLimits.Default));
    }

    /// <summary>The numbers of a PNG that was read, soft edges or not.</summary>
    /// <exception cref="MediaException">It has several colours.</exception>
    internal static LabelImage OfPng(string path, PngPixels png)
    {
        var header = png.Header;
        int channels = header.Channels;
        bool isColour = header.Colour is PngColour.Rgb or PngColour.Rgba;
        var numbers = new ushort[header.Width * header.Height];
        (ushort, ushort, ushort)? onlyColour = null;
        bool isGrey = true, isOneColour = isColour, hasBlack = false;
        for (int i = 0; i < numbers.Length && (isGrey || isOneColour); i++)
        {
            ushort red = png.Sample(i * channels);
            numbers[i] = red;
            if (isColour)
            {
                var colour = (red, Green: png.Sample((i * channels) + 1), Blue: png.Sample((i * channels) + 2));
                isGrey &= red == colour.Green && red == colour.Blue;
                hasBlack |= colour == default;
                if (colour != default)
                {
                    onlyColour ??= colour;
                    isOneColour &= colour == onlyColour;
                }
            }
        }

        if (isGrey)
        {
            return new LabelImage(header.Width, header.Height, numbers, header.Colour == PngColour.Palette);
        }

        if (!isOneColour || !hasBlack)
        {
            throw new MediaException(
                path, isOneColour ? "has a colour and no black, so it is not a mask" : "has several colours, and which of them is which object is not known",
                "Save it as an indexed PNG or in grey, with the numbers of the objects, from 1 on and 0 for none");
        }

        for (int i = 0; i < numbers.Length; i++)
        {
            bool isInside = (png.Sample(i * channels) | png.Sample((i * channels) + 1) | png.Sample((i * channels) + 2)) != 0;
            numbers[i] = isInside ? (ushort)byte.MaxValue : (ushort)0;
        }

        return new LabelImage(header.Width, header.Height, numbers);
    }

    /// <summary>Writes a grey PNG of 16 bits, completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public void Write(string path) => MediaFile.Write(path, output =>
    {
        var rows = GC.AllocateUninitializedArray<byte>(checked(2 * Numbers.Length));
        for (int i = 0; i < Numbers.Length; i++)
        {
            (rows[2 * i], rows[(2 * i) + 1]) = ((byte)(Numbers[i] >> 8), (byte)Numbers[i]);
        }

        IndexedImage.WritePng(output, Width, Height, PngColour.Grey, 16, rows, []);
    });
}

/// <summary>
/// Tells masks that were smoothed, blurred or scaled with interpolation from pictures of objects' numbers. In the first, brightness
/// changes from pixel to pixel between black and white; in the second, objects have an inside.
/// </summary>
internal static class SoftEdges
{
    /// <summary>A picture with this many numbers, none of which fills an area, shows brightness and not objects, even if nothing in it is quite white.</summary>
    private const int ManyNumbers = 16;

    /// <summary>Of the pixels of objects as small as three by three, one in nine has four neighbours alike.</summary>
    private const int MostWithoutInside = 10;

    /// <summary>Whether the numbers of a grey picture are brightness with soft edges.</summary>
    public static bool AreIn(LabelImage image)
    {
        if (image.HasPalette)
        {
            return false;
        }

        var numbers = image.Numbers;
        ushort white = numbers.Max();
        long between = 0, inside = 0;
        for (int y = 0, i = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++, i++)
            {
                ushort number = numbers[i];
                if (number == 0 || number == white)
                {
                    continue;
                }

                between++;
                if ((x == 0 || numbers[i - 1] == number) && (x == image.Width - 1 || numbers[i + 1] == number)
                    && (y == 0 || numbers[i - image.Width] == number) && (y == image.Height - 1 || numbers[i + image.Width] == number))
                {
                    inside++;
                }
            }
        }

        return between > 0 && inside * MostWithoutInside < between && (white is byte.MaxValue or ushort.MaxValue || numbers.Distinct().Take(ManyNumbers + 1).Count() > ManyNumbers);
    }
}
