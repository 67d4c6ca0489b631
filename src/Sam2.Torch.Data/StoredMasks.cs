using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>The masks of a palette or grey PNG.</summary>
public sealed class StoredMasks
{
    private readonly string _path;
    private readonly IndexedImage _image;

    private StoredMasks(string path, IndexedImage image) => (_path, _image) = (path, image);

    /// <summary>Size in pixels.</summary>
    public (int Width, int Height) Size => (_image.Width, _image.Height);

    /// <summary>Reads a file.</summary>
    /// <exception cref="DatasetException">It is missing, damaged or no palette or grey PNG.</exception>
    public static StoredMasks Read(string path, MediaLimits? limits = null)
    {
        try
        {
            return new StoredMasks(path, IndexedImage.Read(path, limits));
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    /// <summary>Whether a file is a PNG with numbers for pixels, a palette or grey, rather than colours.</summary>
    /// <exception cref="DatasetException">It is missing or damaged.</exception>
    public static bool Holds(string path)
    {
        try
        {
            return IndexedImage.IsIndexed(path);
        }
        catch (MediaException e)
        {
            throw new DatasetException($"The mask can't be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// The masks of a picture whose indices are object ids; objects without a pixel have none. White on black, as DAVIS 2016 has its
    /// masks, is object 1.
    /// </summary>
    /// <param name="border">A palette's index that belongs to no object; null for none.</param>
    public IReadOnlyDictionary<int, BinaryMask> Split(byte? border = null) => IsBlackAndWhite
        ? new Dictionary<int, BinaryMask> { [1] = new BinaryMask(_image.Height, _image.Width, _image.Indices) }
        : IndexedMasks.Split(_image).Where(mask => _image.Palette.Length == 0 || mask.Key != border).ToDictionary(mask => mask.Key, mask => mask.Value);

    /// <summary>The mask of the only object: every pixel that isn't 0.</summary>
    /// <exception cref="DatasetException">There are several objects.</exception>
    public BinaryMask Single()
    {
        int first = _image.Indices.AsSpan().IndexOfAnyExcept((byte)0);
        return first < 0 || !_image.Indices.AsSpan().ContainsAnyExcept((byte)0, _image.Indices[first])
            ? new BinaryMask(_image.Height, _image.Width, _image.Indices)
            : throw new DatasetException($"{_path} holds several objects, but in a folder per object every picture holds one.");
    }

    private bool IsBlackAndWhite =>
        _image.Palette.Length == 0 && _image.Indices.AsSpan().Contains((byte)255) && !_image.Indices.AsSpan().ContainsAnyExcept((byte)0, (byte)255);
}
