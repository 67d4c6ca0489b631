using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>The masks of a PNG with a palette, in grey of up to 16 bits, or in one colour on black.</summary>
public sealed class StoredMasks
{
    private readonly LabelImage _image;

    private StoredMasks(string path, LabelImage image) => (File, _image) = (path, image);

    /// <summary>Size in pixels.</summary>
    public (int Width, int Height) Size => (_image.Width, _image.Height);

    /// <summary>Reads a file.</summary>
    /// <exception cref="DatasetException">It is missing, damaged or no PNG, has several colours, or has soft edges (<see cref="LabelImage.HasSoftEdges"/>).</exception>
    public static StoredMasks Read(string path, MediaLimits? limits = null)
    {
        try
        {
            var labels = LabelImage.Read(path, limits);
            return labels.HasSoftEdges
                ? throw new DatasetException(
                    $"{path} is a mask with soft edges: it isn't known which of its numbers are objects. Set what is brighter than half to 255 and the rest to 0, and scale masks without interpolation.")
                : new StoredMasks(path, labels);
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    /// <summary>Whether a file is a PNG, which can hold the numbers of several objects.</summary>
    /// <exception cref="DatasetException">It is missing or damaged.</exception>
    public static bool Holds(string path)
    {
        try
        {
            return ImageFile.ReadInfo(path).Format == ImageFormat.Png;
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// The masks of a picture by itself, by object id; objects without a pixel have none. White on black, as DAVIS 2016 has its masks, is
    /// object 1 (<see cref="MaskNumbering"/>, which also takes the other pictures of a video into account).
    /// </summary>
    /// <param name="border">A palette's index that belongs to no object; null for none.</param>
    public IReadOnlyDictionary<int, BinaryMask> Split(byte? border = null)
    {
        var masks = MaskNumbering.Of([this]).Split(this);
        return border is { } number && _image.HasPalette && masks.ContainsKey(number)
            ? masks.Where(mask => mask.Key != number).ToDictionary(mask => mask.Key, mask => mask.Value)
            : masks;
    }

    /// <summary>The mask of the only object: every pixel that isn't 0.</summary>
    /// <exception cref="DatasetException">There are several objects.</exception>
    public BinaryMask Single()
    {
        var numbers = _image.Numbers;
        int first = numbers.AsSpan().IndexOfAnyExcept((ushort)0);
        if (first >= 0 && numbers.AsSpan().ContainsAnyExcept((ushort)0, numbers[first]))
        {
            throw new DatasetException($"{File} holds several objects, but in a folder per object every picture holds one.");
        }

        var mask = new BinaryMask(_image.Height, _image.Width);
        for (int i = 0; i < numbers.Length; i++)
        {
            mask.Data[i] = numbers[i] == 0 ? (byte)0 : (byte)1;
        }

        return mask;
    }

    /// <summary>The file, for messages.</summary>
    internal string File { get; }

    /// <summary>Whether the numbers are indices into a palette.</summary>
    internal bool HasPalette => _image.HasPalette;

    /// <summary>Whether there is nothing but black and white in grey, which could be object 1 or object 255.</summary>
    internal bool IsWhiteOnBlack => !HasPalette && (!HasOtherThan(byte.MaxValue) || !HasOtherThan(ushort.MaxValue));

    /// <summary>Whether there is a number other than 0 and these.</summary>
    internal bool HasOtherThan(params ReadOnlySpan<ushort> numbers)
    {
        ReadOnlySpan<ushort> known = [0, .. numbers];
        return _image.Numbers.AsSpan().ContainsAnyExcept(known);
    }

    /// <summary>Whether a number is there.</summary>
    internal bool Has(ushort number) => _image.Numbers.AsSpan().Contains(number);

    /// <summary>The masks by the numbers as they are stored.</summary>
    internal IReadOnlyDictionary<int, BinaryMask> ByNumber() => IndexedMasks.Split(_image);
}
