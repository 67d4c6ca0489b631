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
    /// Reads the mask of one object from a picture. A PNG's pixels belong to it where any stored number but alpha is not 0 (palette entry
    /// 0 is outside whatever its colour), or above half if edges are soft; of other formats, which are lossy, where the grey value is
    /// above 127.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Limits on the picture.</param>
    /// <exception cref="MediaException">
    /// Missing, damaged, not a picture, or larger than the limits; or a PNG with the numbers or colours of several objects.
    /// </exception>
    public static BinaryMask Read(string path, MediaLimits? limits = null)
    {
        var info = ImageFile.ReadInfo(path);
        if (info.Format == ImageFormat.Png)
        {
            return Upright(ReadOnly(path, limits ?? MediaLimits.Default), info.Orientation);
        }

        var image = ImageFile.Read(path, limits);
        return Inside(image.Height, image.Width, i => image.Pixels[3 * i] + image.Pixels[(3 * i) + 1] + image.Pixels[(3 * i) + 2] > 3 * 127);
    }

    /// <summary>The only object of a PNG, as stored.</summary>
    private static BinaryMask ReadOnly(string path, MediaLimits limits)
    {
        using var stream = MediaFile.OpenRead(path);
        var labels = LabelImage.OfPng(path, PngReader.Read(stream, path, limits));
        var numbers = labels.Numbers;
        if (labels.HasSoftEdges)
        {
            int half = numbers.Max() > byte.MaxValue ? ushort.MaxValue / 2 : byte.MaxValue / 2;
            return Inside(labels.Height, labels.Width, i => numbers[i] > half);
        }

        int first = numbers.AsSpan().IndexOfAnyExcept((ushort)0);
        if (first < 0 || !numbers.AsSpan().ContainsAnyExcept((ushort)0, numbers[first]))
        {
            return Inside(labels.Height, labels.Width, i => numbers[i] != 0);
        }

        ushort[] objects = [.. numbers.Distinct().Where(n => n != 0).Order().Take(4)];
        throw new MediaException(
            path, $"has the numbers of several objects ({string.Join(", ", objects.Take(3))}{(objects.Length > 3 ? ", …" : "")}), but the mask of one is needed",
            "Keep the pixels of one object and set all others to 0");
    }

    private static BinaryMask Inside(int height, int width, Func<int, bool> isInside)
    {
        var mask = new BinaryMask(height, width);
        for (int i = 0; i < mask.Data.Length; i++)
        {
            mask.Data[i] = isInside(i) ? (byte)1 : (byte)0;
        }

        return mask;
    }

    private static BinaryMask Upright(BinaryMask stored, ImageOrientation orientation)
    {
        if (orientation == ImageOrientation.Upright)
        {
            return stored;
        }

        var upright = SkiaPixels.Upright(new RgbImage(stored.Width, stored.Height, [.. stored.Data.SelectMany(v => new[] { v, v, v })]), orientation);
        return Inside(upright.Height, upright.Width, i => upright.Pixels[3 * i] != 0);
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
