namespace Sam2.Torch.Media;

/// <summary>A picture of small numbers, such as a DAVIS annotation: each pixel names an object id, and a palette colours the ids.</summary>
public sealed class IndexedImage
{
    /// <summary>Wraps indices and palette without copying them.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="indices">One index per pixel, row-major.</param>
    /// <param name="palette">R, G, B triples for the indices; empty for a grey picture.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public IndexedImage(int width, int height, byte[] indices, byte[] palette)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(palette);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (indices.LongLength != (long)width * height)
        {
            throw new ArgumentException($"{width}×{height} pixels need as many indices, but {indices.Length} were given.", nameof(indices));
        }

        if (palette.Length % 3 != 0 || palette.Length > 768)
        {
            throw new ArgumentException($"A palette has at most 256 triples, not {palette.Length} bytes.", nameof(palette));
        }

        Width = width;
        Height = height;
        Indices = indices;
        Palette = palette;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>One index per pixel, row-major.</summary>
    public byte[] Indices { get; }

    /// <summary>R, G, B triples; empty for a grey picture.</summary>
    public byte[] Palette { get; }

    /// <summary>Reads a palette or grey PNG and keeps its numbers exactly as stored.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the picture may cost.</param>
    /// <exception cref="MediaException">Not a palette or grey PNG, damaged, or larger than the limits.</exception>
    public static IndexedImage Read(string path, MediaLimits? limits = null)
    {
        using var stream = ImageFile.OpenRead(path);
        var png = PngReader.Read(stream, path, limits ?? MediaLimits.Default);
        return png.Colour is PngColour.Palette or PngColour.Grey
            ? new IndexedImage(png.Width, png.Height, png.Samples, png.Palette)
            : throw new MediaException(path, $"is a PNG with colours ({png.Colour}), not with a palette or grey", "Save it as an indexed PNG");
    }

    /// <summary>Writes a palette PNG (grey without a palette), completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A pixel names a colour that the palette lacks.</exception>
    public void Write(string path)
    {
        if (Palette.Length > 0 && Indices.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)((Palette.Length / 3) - 1)))
        {
            throw new InvalidOperationException($"An index is outside the palette of {Palette.Length / 3} colours.");
        }

        var colour = Palette.Length > 0 ? PngColour.Palette : PngColour.Grey;
        MediaFile.Write(path, s => PngWriter.Write(s, Width, Height, colour, Indices, Palette));
    }
}
