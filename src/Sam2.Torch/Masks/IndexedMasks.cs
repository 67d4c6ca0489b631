using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

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
