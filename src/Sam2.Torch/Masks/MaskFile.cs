using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>Masks as picture files.</summary>
public static class MaskFile
{
    /// <summary>Writes an 8-bit grey PNG: 0 outside, 255 inside; completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="mask">The mask.</param>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public static void WritePng(string path, BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var grey = GC.AllocateUninitializedArray<byte>(mask.Data.Length);
        for (int i = 0; i < grey.Length; i++)
        {
            grey[i] = (byte)-mask.Data[i];
        }

        new IndexedImage(mask.Width, mask.Height, grey, []).Write(path);
    }

    /// <summary>
    /// Reads a mask from a picture. A PNG's pixels belong to it where any stored number but alpha is not 0 (palette entry 0 is
    /// outside whatever its colour); of other formats, which are lossy, where the grey value is above 127.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on the picture.</param>
    /// <exception cref="MediaException">Missing, damaged, not a picture, or larger than the limits.</exception>
    public static BinaryMask Read(string path, MediaLimits? limits = null)
    {
        var info = ImageFile.ReadInfo(path);
        if (info.Format == ImageFormat.Png && info.Orientation == ImageOrientation.Upright)
        {
            using var stream = MediaFile.OpenRead(path);
            return ReadPng(stream, path, limits);
        }

        var image = ImageFile.Read(path, limits);
        int threshold = info.Format == ImageFormat.Png ? 0 : 3 * 127;
        var mask = new BinaryMask(image.Height, image.Width);
        for (int i = 0; i < mask.Data.Length; i++)
        {
            int sum = image.Pixels[3 * i] + image.Pixels[(3 * i) + 1] + image.Pixels[(3 * i) + 2];
            mask.Data[i] = sum > threshold ? (byte)1 : (byte)0;
        }

        return mask;
    }

    /// <summary>Reads a mask from a PNG as stored, whatever its orientation: pixels belong to it where any number but alpha is not 0.</summary>
    /// <param name="stream">The PNG from its first byte on; it can seek.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="limits">Limits on the picture.</param>
    /// <exception cref="MediaException">Damaged, cut off, larger than the limits, or not a PNG.</exception>
    public static BinaryMask ReadPng(Stream stream, string path, MediaLimits? limits = null)
    {
        var png = PngReader.Read(stream, path, limits ?? MediaLimits.Default);
        return new BinaryMask(png.Header.Height, png.Header.Width, png.AnyColour());
    }
}

/// <summary>Masks of several objects in one picture, as DAVIS stores annotations: a pixel's index is the object's id.</summary>
public static class IndexedMasks
{
    private const int LargestId = 255;

    /// <summary>Draws masks into one picture with DAVIS's palette. Where objects overlap, the lower id is on top, as in the original's tools.</summary>
    /// <param name="masks">Masks by id, 1 to 255.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <exception cref="ArgumentException">An id is out of range, or a mask has another size.</exception>
    public static IndexedImage Combine(IReadOnlyDictionary<int, BinaryMask> masks, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var indices = new byte[height * width];
        foreach (var (id, mask) in masks.OrderByDescending(m => m.Key))
        {
            if (id is < 1 or > LargestId)
            {
                throw new ArgumentException($"Object {id} can't be stored in a palette picture, which has ids from 1 to {LargestId}; use a folder per object.", nameof(masks));
            }

            if (mask.Height != height || mask.Width != width)
            {
                throw new ArgumentException($"The mask of object {id} is {mask.Width}×{mask.Height}, the picture {width}×{height}.", nameof(masks));
            }

            var data = mask.Data;
            for (int i = 0; i < data.Length; i++)
            {
                if (data[i] != 0)
                {
                    indices[i] = (byte)id;
                }
            }
        }

        return new IndexedImage(width, height, indices, ObjectColours.DavisPalette());
    }

    /// <summary>The masks of a picture by object id; objects without a pixel have none.</summary>
    public static IReadOnlyDictionary<int, BinaryMask> Split(IndexedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var masks = new SortedDictionary<int, BinaryMask>();
        var indices = image.Indices;
        BinaryMask? current = null;
        for (int i = 0; i < indices.Length; i++)
        {
            byte id = indices[i];
            if (id == 0)
            {
                continue;
            }

            // Neighbours mostly belong to the same object: look it up only where the index changes.
            if (i == 0 || indices[i - 1] != id)
            {
                if (!masks.TryGetValue(id, out current))
                {
                    masks[id] = current = new BinaryMask(image.Height, image.Width);
                }
            }

            current!.Data[i] = 1;
        }

        return masks;
    }
}
