using System.Numerics;
using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>Masks of several objects in one picture, as DAVIS stores annotations: a pixel's index is the object's id.</summary>
public static class IndexedMasks
{
    /// <summary>Draws masks into one picture with DAVIS's palette. Where objects overlap, the lower id is on top, as in the original's tools.</summary>
    /// <param name="masks">Masks by id, 1 to 255.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <exception cref="ArgumentException">An id is out of range, or a mask has another size.</exception>
    public static IndexedImage Combine(IReadOnlyDictionary<int, BinaryMask> masks, int height, int width) =>
        new(width, height, Combine<byte>(masks, height, width, "a palette picture"), ObjectColours.DavisPalette());

    /// <summary>Draws masks into one picture that holds ids above 255. Where objects overlap, the lower id is on top.</summary>
    /// <param name="masks">Masks by id, 1 to 65535.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <exception cref="ArgumentException">An id is out of range, or a mask has another size.</exception>
    public static LabelImage CombineLabels(IReadOnlyDictionary<int, BinaryMask> masks, int height, int width) =>
        new(width, height, Combine<ushort>(masks, height, width, "a picture of 16 bits"));

    private static T[] Combine<T>(IReadOnlyDictionary<int, BinaryMask> masks, int height, int width, string kind)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        ArgumentNullException.ThrowIfNull(masks);
        var numbers = new T[height * width];
        int largest = int.CreateChecked(T.MaxValue);
        foreach (var (id, mask) in masks.OrderByDescending(m => m.Key))
        {
            if (id < 1 || id > largest)
            {
                throw new ArgumentException($"Object {id} can't be stored in {kind}, which has ids from 1 to {largest}; use a folder per object.", nameof(masks));
            }

            if (mask.Height != height || mask.Width != width)
            {
                throw new ArgumentException($"The mask of object {id} is {mask.Width}×{mask.Height}, the picture {width}×{height}.", nameof(masks));
            }

            var data = mask.Data;
            T number = T.CreateChecked(id);
            for (int i = 0; i < data.Length; i++)
            {
                if (data[i] != 0)
                {
                    numbers[i] = number;
                }
            }
        }

        return numbers;
    }

    /// <summary>The masks of a picture by object id; objects without a pixel have none.</summary>
    public static IReadOnlyDictionary<int, BinaryMask> Split(IndexedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Split<byte>(image.Indices, image.Height, image.Width);
    }

    /// <summary>The masks of a picture by object id; objects without a pixel have none.</summary>
    public static IReadOnlyDictionary<int, BinaryMask> Split(LabelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Split<ushort>(image.Numbers, image.Height, image.Width);
    }

    private static SortedDictionary<int, BinaryMask> Split<T>(T[] indices, int height, int width)
        where T : struct, IBinaryInteger<T>
    {
        var masks = new SortedDictionary<int, BinaryMask>();
        BinaryMask? current = null;
        for (int i = 0; i < indices.Length; i++)
        {
            int id = int.CreateChecked(indices[i]);
            if (id == 0)
            {
                continue;
            }

            // Neighbours mostly belong to the same object: look it up only where the index changes.
            if (i == 0 || indices[i - 1] != indices[i])
            {
                if (!masks.TryGetValue(id, out current))
                {
                    masks[id] = current = new BinaryMask(height, width);
                }
            }

            current!.Data[i] = 1;
        }

        return masks;
    }
}
